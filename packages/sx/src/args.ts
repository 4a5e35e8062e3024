import { type CommandSpec, type ParsedOptions, parseCommandLine, UsageError } from "@scorpiox/sxutil";

/** How much the agent may do without asking. */
export const APPROVAL_MODES = ["ask", "edits", "all", "plan"] as const;
export type ApprovalMode = (typeof APPROVAL_MODES)[number];

export const OUTPUT_FORMATS = ["text", "json", "stream-json"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** The longest time that a timer of the runtime can count, about 24 days. */
const MAX_TIMEOUT_S = 2_147_483;

const EFFORTS = ["off", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

/** The whole command line of `sx`, as data: what is accepted, and what `--help` prints. */
export const SX = {
  name: "sx",
  summary: "A coding agent for the terminal, for scripts and for CI.",
  usage: ["[prompt]", "-p PROMPT", "demo", "models"],
  examples: [
    { command: "sx", help: "chat in the current folder" },
    { command: 'sx -p "why does the test fail?"', help: "one answer on stdout, then exit" },
    { command: 'git diff | sx -p "review this" -', help: "a piped text joins the prompt" },
    { command: "sx demo", help: "watch it mend a small project, without an account" },
  ],
  commands: [
    { name: "demo", help: "run the real agent on a sample project, with a scripted model" },
    { name: "models", help: "list the models of the provider and what the aliases mean" },
  ],
  options: [
    { name: "print", short: "p", type: "boolean", help: "give one answer to the prompt and exit" },
    { name: "provider", type: "string", value: "NAME", help: "who answers: codex" },
    {
      name: "model",
      short: "m",
      type: "string",
      value: "MODEL",
      help: "an alias (opus, sonnet, haiku) or a full model id",
    },
    { name: "effort", type: "string", value: "LEVEL", choices: EFFORTS, help: "how hard the model thinks" },
    {
      name: "set",
      short: "e",
      type: "string",
      repeatable: true,
      value: "KEY=VALUE",
      help: "set a configuration key for this run",
    },
    { name: "cwd", short: "C", type: "string", value: "DIR", help: "work in this folder" },
    { name: "image", type: "string", repeatable: true, value: "FILE", help: "show an image beside the prompt" },
    {
      name: "approval-mode",
      type: "string",
      value: "MODE",
      choices: APPROVAL_MODES,
      group: "What it may do",
      help: "plan: only read; edits: also change files here; all: everything; ask: ask first (default at a terminal, else plan)",
    },
    { name: "max-turns", type: "number", value: "N", group: "What it may do", help: "end after N answers (exit 53)" },
    {
      name: "max-cost",
      type: "number",
      value: "USD",
      group: "What it may do",
      help: "end when this much is spent (exit 53); needs prices",
    },
    {
      name: "timeout",
      type: "number",
      value: "SECONDS",
      group: "What it may do",
      help: "end after this time (exit 124)",
    },
    { name: "bare", type: "boolean", group: "What it may do", help: "ignore configuration files and AGENTS.md" },
    {
      name: "output-format",
      type: "string",
      value: "FORMAT",
      choices: OUTPUT_FORMATS,
      group: "Output",
      help: "text (default), json (one object at the end), stream-json (one object a line)",
    },
    { name: "json", type: "boolean", group: "Output", help: "the same as --output-format stream-json" },
    {
      name: "include-deltas",
      type: "boolean",
      group: "Output",
      help: "stream-json: also each piece of text as it comes",
    },
    {
      name: "output-last-message",
      short: "o",
      type: "string",
      value: "FILE",
      group: "Output",
      help: "also write the answer to a file",
    },
    { name: "color", type: "boolean", group: "Output", help: "force colours on, or off with --no-color" },
    { name: "quiet", short: "q", type: "boolean", group: "Output", help: "no progress on stderr" },
    { name: "verbose", short: "v", type: "boolean", group: "Output", help: "say more on stderr" },
    { name: "help", short: "h", type: "boolean", help: "show this help" },
    { name: "version", short: "V", type: "boolean", help: "show the version" },
  ],
  footer: ["Exit codes and the stream format: docs/headless.md. Every setting: docs/configuration.md."],
} as const satisfies CommandSpec;

export type SxOptions = ParsedOptions<typeof SX>;

export type SxArgs =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | {
      readonly kind: "run";
      readonly options: SxOptions;
      readonly prompt: string | undefined;
      readonly readsStdin: boolean;
    }
  | { readonly kind: "demo"; readonly options: SxOptions }
  | { readonly kind: "models"; readonly options: SxOptions };

/**
 * The command line, read and checked.
 * @throws UsageError
 */
export function parseArgs(argv: readonly string[]): SxArgs {
  const { options, positionals, rest } = parseCommandLine(argv, SX);
  if (options.help) return { kind: "help" };
  if (options.version) return { kind: "version" };
  checkNumbers(options);
  if (options.json && options["output-format"] !== undefined && options["output-format"] !== "stream-json") {
    throw new UsageError("--json means --output-format stream-json; give one of the two");
  }
  const [first] = positionals;
  if (!options.print && positionals.length === 1 && rest.length === 0) {
    if (first === "demo") return { kind: "demo", options };
    if (first === "models") return { kind: "models", options };
  }
  const words = [...positionals.filter((word) => word !== "-"), ...rest];
  return {
    kind: "run",
    options,
    prompt: words.length === 0 ? undefined : words.join(" "),
    readsStdin: positionals.includes("-"),
  };
}

function checkNumbers(options: SxOptions): void {
  const { "max-turns": maxTurns, "max-cost": maxCost, timeout } = options;
  if (maxTurns !== undefined && !(Number.isInteger(maxTurns) && maxTurns >= 1)) {
    throw new UsageError(`--max-turns is ${maxTurns}; give a whole number from 1`);
  }
  if (maxCost !== undefined && !(maxCost > 0)) throw new UsageError(`--max-cost is ${maxCost}; give a number above 0`);
  if (timeout !== undefined && !(timeout > 0 && timeout <= MAX_TIMEOUT_S)) {
    throw new UsageError(`--timeout is ${timeout}; give a number of seconds above 0, at most ${MAX_TIMEOUT_S}`);
  }
}

export function outputFormat(options: SxOptions): OutputFormat {
  return options["output-format"] ?? (options.json ? "stream-json" : "text");
}
