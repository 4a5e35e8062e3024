import { glyphsOf } from "../markdown/glyphs.js";
import type { Paper, Part } from "./part.js";
import { oneRow, span, wrapText } from "./rows.js";
import type { SafeStream, SafeText } from "./safe-text.js";
import { elapsedWords } from "./spinner.js";
import { TextTail } from "./text-tail.js";

export interface ThinkingOptions {
  readonly safe: SafeText;
  readonly how: "folded" | "shown" | "hidden";
  readonly nowMs: () => number;
  /** Whether more of it is shown while it lasts. */
  readonly isOpen: () => boolean;
}

/** More of a thought is not kept for later. */
const MAX_KEPT_CHARS = 400_000;
const OPEN_ROWS = 10;
const MAX_OPEN_CHARS = 2_000;
const SHORT_MS = 1_000;

/** What the model thinks before it speaks. Several thoughts in a row are one. */
export class ThinkingPart implements Part {
  readonly kind = "thinking";
  readonly #options: ThinkingOptions;
  readonly #safe: SafeStream;
  readonly #tail = new TextTail();
  readonly #startedMs: number;
  #endedMs: number | undefined;
  #kept: string[] = [];
  #keptChars = 0;
  /** For `shown`: clean text of which no row is finished yet. */
  #open = "";
  #isDone = false;

  constructor(options: ThinkingOptions) {
    this.#options = options;
    this.#safe = options.safe.stream();
    this.#startedMs = options.nowMs();
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** All of it, as far as it was kept; clean. */
  get text(): string {
    return this.#kept.join("").trim();
  }

  get durationMs(): number {
    return (this.#endedMs ?? this.#options.nowMs()) - this.#startedMs;
  }

  /** False between two thoughts. */
  get isUnderWay(): boolean {
    return !this.#isDone && this.#endedMs === undefined;
  }

  push(piece: string): void {
    if (this.#endedMs !== undefined && this.#keptChars > 0) this.#add("\n\n");
    this.#endedMs = undefined;
    this.#add(this.#safe.push(piece));
  }

  /** A thought has ended; another one may follow. */
  pause(): void {
    this.#endedMs ??= this.#options.nowMs();
    this.#add(this.#safe.flush());
  }

  end(): void {
    if (this.#isDone) return;
    this.#endedMs ??= this.#options.nowMs();
    this.#add(this.#safe.flush());
    this.#isDone = true;
  }

  take(paper: Paper): readonly string[] {
    if (this.#options.how === "hidden") return [];
    if (this.#options.how === "folded") return this.#isDone ? this.#summary(paper) : [];
    const end = this.#isDone ? this.#open.length : endOfFinished(this.#open);
    const finished = this.#open.slice(0, end).replace(this.#isDone ? /\n+$/ : /\n$/, "");
    this.#open = this.#open.slice(end);
    return end === 0 || (this.#isDone && finished === "") ? [] : wrapText(finished, ["dim"], paper);
  }

  live(paper: Paper): readonly string[] {
    const { how, isOpen } = this.#options;
    if (how === "hidden") return [];
    if (how === "shown") return this.#open.trim() === "" ? [] : wrapText(this.#open.trimEnd(), ["dim"], paper);
    if (this.#isDone) return this.#summary(paper);
    const { columns, theme } = paper;
    const clock = `thinking ${elapsedWords(this.durationMs)}`;
    if (isOpen()) {
      const rows = this.#tail.lines(OPEN_ROWS).flatMap((line) => wrapText(line, ["dim"], paper));
      return [oneRow([span(clock, "dim")], columns, theme), ...rows.slice(-OPEN_ROWS)];
    }
    const last = this.#tail.lines(1)[0] ?? "";
    const room = columns - clock.length - 3;
    const said = room < 12 || last === "" ? "" : ` · ${endThatFits(last, room)}`;
    return [oneRow([span(clock + said, "dim")], columns, theme)];
  }

  #add(text: string): void {
    if (text === "") return;
    const plain = text.replaceAll("\t", "    ");
    this.#tail.push(plain);
    if (this.#options.how === "shown") this.#open += plain;
    if (this.#keptChars >= MAX_KEPT_CHARS) return;
    this.#kept.push(plain);
    this.#keptChars += plain.length;
  }

  #summary({ columns, theme }: Paper): readonly string[] {
    if (this.durationMs < SHORT_MS && this.text === "") return [];
    return [oneRow([span(`thought for ${elapsedWords(Math.max(SHORT_MS, this.durationMs))}`, "dim")], columns, theme)];
  }
}

/** Complete lines; of a line without an end, what would cost too much to draw again and again. */
function endOfFinished(text: string): number {
  const line = text.lastIndexOf("\n") + 1;
  return text.length - line > MAX_OPEN_CHARS ? text.lastIndexOf(" ", text.length - 80) + 1 || text.length : line;
}

/** The end of a line, from the beginning of a word on where there is one near. */
function endThatFits(line: string, room: number): string {
  const glyphs = [...glyphsOf(line.slice(-4 * room).toWellFormed())];
  let cells = 0;
  let from = glyphs.length;
  while (from > 0 && cells + (glyphs[from - 1]?.cells ?? 0) <= room - 1) cells += glyphs[(from -= 1)]?.cells ?? 0;
  const end = glyphs.slice(from).map(({ text }) => text);
  if (from === 0 && line.length <= 4 * room) return end.join("");
  const word = end.indexOf(" ");
  return `…${end.slice(word >= 0 && word < 16 ? word + 1 : 0).join("")}`;
}
