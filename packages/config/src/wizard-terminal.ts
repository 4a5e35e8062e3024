import type * as Clack from "@clack/prompts";
import { type Io, oneLine } from "@scorpiox/sxutil";
import type { Choice } from "./choice.js";
import type { Question } from "./wizard.js";

/** What is drawn: a question with everything in it settled. */
export interface Asking {
  readonly kind: Question["kind"];
  readonly ask: string;
  readonly help?: string | undefined;
  readonly choices?: readonly Choice[] | undefined;
  readonly initial?: string | undefined;
  check(value: string): string | undefined;
}

export type Reply =
  | { readonly kind: "answer"; readonly value: string }
  | { readonly kind: "back" }
  | { readonly kind: "cancel" };

/** Draws questions and reads keys; knows no keys' rules. Esc goes back; Ctrl+C, a signal and the end of input cancel. */
export interface WizardTerminal {
  ask(asking: Asking): Promise<Reply>;
  note(title: string, lines: readonly string[]): void;
  say(line: string, kind?: "info" | "success" | "warn" | "error"): void;
}

const MAX_ROWS = 8;
const MAX_LINE_CHARS = 2000;

/** For an `io` whose stdin and stdout are terminals: otherwise the prompts would never settle. */
export async function openWizardTerminal(io: Io): Promise<WizardTerminal> {
  const clack = await import("@clack/prompts");
  return {
    ask: (asking) => ask(clack, asking, io),
    note(title, lines) {
      clack.note(lines.map((line) => oneLine(line, MAX_LINE_CHARS)).join("\n"), title, {
        output: io.stdout,
        format: (line) => line,
      });
    },
    say(line, kind = "info") {
      const width = Math.max(20, (io.stdout.columns ?? 80) - 4);
      clack.log[kind](wrapWords(oneLine(line, MAX_LINE_CHARS), width), { output: io.stdout });
    },
  };
}

async function ask(clack: typeof Clack, asking: Asking, io: Io): Promise<Reply> {
  const { stdin } = io;
  const gone = new AbortController();
  const onGone = (): void => gone.abort();
  let lastKey = "";
  const onKey = (_text: string | undefined, key: { readonly name?: string } | undefined): void => {
    lastKey = key?.name ?? "";
  };
  stdin.on("keypress", onKey).once("end", onGone).once("close", onGone);
  if (stdin.readableEnded || stdin.destroyed) onGone();
  const common = { input: stdin, output: io.stdout, signal: AbortSignal.any([gone.signal, io.signal]) };
  try {
    const value = await draw(clack, asking, common);
    if (!clack.isCancel(value)) return { kind: "answer", value: String(value).trim() };
    return lastKey === "escape" && !common.signal.aborted ? { kind: "back" } : { kind: "cancel" };
  } finally {
    stdin.off("keypress", onKey).off("end", onGone).off("close", onGone);
  }
}

interface Common {
  readonly input: Io["stdin"];
  readonly output: Io["stdout"];
  readonly signal: AbortSignal;
}

async function draw(clack: typeof Clack, asking: Asking, common: Common): Promise<unknown> {
  const { kind, ask, help, initial = "", choices = [], check } = asking;
  // Only the prompts with choices draw their bar beside every line of a message.
  const bar = kind === "select" || kind === "confirm" ? "" : `${clack.S_BAR}  `;
  const message = help === undefined ? ask : `${ask}\n${bar}${help}`;
  const validate = (value: string | undefined): string | undefined => check((value ?? "").trim());
  const options = choices.map(({ value, label, hint }) => ({
    value,
    label: oneLine(label ?? value, 80),
    ...(hint === undefined ? {} : { hint: oneLine(hint, 80) }),
  }));
  switch (kind) {
    case "select":
      return await clack.select({
        ...common,
        message,
        options,
        maxItems: MAX_ROWS,
        ...(choices.some(({ value }) => value === initial) ? { initialValue: initial } : {}),
      });
    case "confirm": {
      const yes = await clack.confirm({ ...common, message, initialValue: initial === "yes" });
      return clack.isCancel(yes) ? yes : yes ? "yes" : "no";
    }
    case "secret":
      return await clack.password({ ...common, message, validate });
    case "text":
      return await clack.text({ ...common, message, initialValue: initial, validate });
    case "search":
      return await search(clack, { common, message, initial, options, validate });
  }
}

/** A list that is narrowed down by typing; what was typed is always one of it. */
async function search(
  clack: typeof Clack,
  {
    common,
    message,
    initial,
    options,
    validate,
  }: {
    readonly common: Common;
    readonly message: string;
    readonly initial: string;
    readonly options: readonly { readonly value: string; readonly label: string; readonly hint?: string }[];
    readonly validate: (value: string | undefined) => string | undefined;
  },
): Promise<unknown> {
  return await clack.autocomplete<string>({
    ...common,
    message,
    maxItems: MAX_ROWS,
    placeholder: "type to search",
    ...(options.some(({ value }) => value === initial) ? { initialValue: initial } : {}),
    filter: () => true,
    options() {
      const typed = this.userInput.trim();
      const wanted = typed.toLowerCase();
      const found = options.filter(({ value, label, hint = "" }) =>
        `${value} ${label} ${hint}`.toLowerCase().includes(wanted),
      );
      if (typed === "") return [...options];
      // The prompt stays on the row it was on while that row is left; what was typed in full must not become a longer name.
      const exact = options.filter(({ value }) => value === typed);
      if (exact.length > 0) return exact;
      const best = found.filter(({ value }) => value.toLowerCase().startsWith(wanted));
      const others = found.filter((option) => !best.includes(option));
      return [...best, ...others, { value: typed, label: typed, hint: "as typed" }];
    },
    validate: (value) => validate(Array.isArray(value) ? value[0] : value),
  });
}

/** Lines of at most `width` characters, broken between words; a longer word is left to the terminal. */
function wrapWords(text: string, width: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}
