import { basename } from "node:path";
import type { ChatState } from "../../chat/slash-command.js";
import { cellWidth } from "../cell-width.js";
import type { Line } from "../markdown/spans.js";
import type { PaintName } from "../theme.js";
import { shortCount } from "./count-words.js";
import { bindingWindow, windowName } from "./limit-words.js";
import type { Paper } from "./part.js";
import { oneRow, span } from "./rows.js";
import type { SafeText } from "./safe-text.js";
import { homePath, type Places } from "./short-path.js";
import { elapsedWords, spinnerFrame } from "./spinner.js";

/** What is going on, when something is. */
export interface Activity {
  readonly elapsedMs: number;
  /** Estimated tokens of what was written since the turn began. */
  readonly outputTokens: number;
  readonly animate: boolean;
  /** The person is asked something: nothing turns. */
  readonly isWaiting: boolean;
}

interface StatusPart {
  readonly text: string;
  /** In place of the text, where room is short. */
  readonly short?: string;
  readonly paint: PaintName;
  /** What is worth least goes first. */
  readonly worth: number;
}

const SEPARATOR = " · ";
/** A context or a limit that is fuller than this is said in colour, and kept longest. */
const FULL_PERCENT = 80;

/** One row about the chat. Where it does not fit, parts are said shorter, then left out, by what they are worth. */
export function statusRow(
  state: ChatState | undefined,
  activity: Activity | undefined,
  places: Places,
  safe: SafeText,
  { columns, theme }: Paper,
): string {
  const all = [
    ...(activity === undefined ? [] : activityParts(activity)),
    ...(state === undefined ? [] : stateParts(state, places, safe)),
  ];
  const line: Line = fit(all, columns).flatMap(({ text, paint }, index) =>
    index === 0 ? [span(text, paint)] : [span(SEPARATOR, "dim"), span(text, paint)],
  );
  return oneRow(line, columns, theme);
}

function fit(parts: readonly StatusPart[], columns: number): readonly StatusPart[] {
  let shown = [...parts];
  for (;;) {
    const cells = shown.reduce((sum, { text }) => sum + cellWidth(text), SEPARATOR.length * (shown.length - 1));
    if (cells <= columns || shown.length <= 1) return shown;
    const least = shown.reduce((one, other) => (other.worth < one.worth ? other : one));
    const { short, ...rest } = least;
    shown =
      short === undefined
        ? shown.filter((part) => part !== least)
        : shown.map((part) => (part === least ? { ...rest, text: short } : part));
  }
}

function activityParts({ elapsedMs, outputTokens, animate, isWaiting }: Activity): readonly StatusPart[] {
  if (isWaiting) return [{ text: "? waiting for your answer", short: "? waiting", paint: "warning", worth: 100 }];
  const clock = `${spinnerFrame(elapsedMs, animate)} ${elapsedWords(elapsedMs)}`;
  return [
    { text: clock, paint: "accent", worth: 100 },
    ...(outputTokens === 0 ? [] : [{ text: `~${shortCount(outputTokens)} tokens`, paint: "dim", worth: 35 } as const]),
    { text: "Esc interrupts", short: "Esc", paint: "dim", worth: 85 },
  ];
}

function stateParts(state: ChatState, { home, cwd }: Places, safe: SafeText): readonly StatusPart[] {
  const { providerName, model, route, effort, approvalMode, branch, costUsd, profile } = state;
  const answered = route === undefined || route.model === model ? model : `${model} → ${route.model}`;
  const context = contextPart(state);
  const limit = limitPart(state);
  const place = homePath(cwd, home);
  const parts: readonly (StatusPart | undefined)[] = [
    { text: providerName, paint: "dim", worth: 30 },
    { text: answered, short: model, paint: "dim", worth: 90 },
    effort === undefined ? undefined : { text: effort, paint: "dim", worth: 25 },
    { text: approvalMode, paint: approvalMode === "all" ? "warning" : "dim", worth: approvalMode === "all" ? 89 : 80 },
    profile === undefined ? undefined : { text: `@${profile}`, paint: "dim", worth: 45 },
    { text: place, short: basename(place), paint: "dim", worth: 40 },
    branch === undefined ? undefined : { text: branch, paint: "dim", worth: 33 },
    context,
    costUsd === undefined ? undefined : { text: `$${costUsd.toFixed(costUsd < 1 ? 3 : 2)}`, paint: "dim", worth: 50 },
    limit,
  ];
  return parts
    .filter((part) => part !== undefined)
    .map((part) => ({
      ...part,
      text: safe.line(part.text),
      ...(part.short === undefined ? {} : { short: safe.line(part.short) }),
    }))
    .filter(({ text }) => text !== "");
}

function contextPart({ contextTokens, contextWindow }: ChatState): StatusPart | undefined {
  if (contextTokens === undefined) return undefined;
  if (contextWindow === undefined || contextWindow <= 0) {
    return { text: `${shortCount(contextTokens)} context`, short: shortCount(contextTokens), paint: "dim", worth: 60 };
  }
  const percent = Math.round((100 * contextTokens) / contextWindow);
  const isFull = percent >= FULL_PERCENT;
  return {
    text: `${percent} % context`,
    short: `${percent} %`,
    paint: isFull ? "warning" : "dim",
    worth: isFull ? 88 : 60,
  };
}

function limitPart({ limits }: ChatState): StatusPart | undefined {
  const window = bindingWindow(limits);
  if (window === undefined) return undefined;
  const isFull = window.usedPercent >= FULL_PERCENT;
  const [name, used] = [windowName(window), `${Math.floor(window.usedPercent)} %`];
  return {
    text: `${name} limit ${used}`,
    short: `${name} ${used}`,
    paint: isFull ? "warning" : "dim",
    worth: isFull ? 87 : 55,
  };
}
