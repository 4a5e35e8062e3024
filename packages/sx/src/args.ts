import {
  type CommandSpec,
  nearestNames,
  type ParsedOptions,
  parseCommandLine,
  quoted,
  type Shell,
  SHELLS,
  UsageError,
} from "@scorpiox/sxutil";

/** How much the agent may do without asking. */
export const APPROVAL_MODES = ["ask", "edits", "all", "plan"] as const;
export type ApprovalMode = (typeof APPROVAL_MODES)[number];

export const OUTPUT_FORMATS = ["text", "json", "stream-json"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** What a session can be written as for people. */
const EXPORT_FORMATS = ["markdown", "html"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const SESSION_ACTIONS = ["list", "show", "export", "delete"] as const;

/** The longest time that a timer of the runtime can count, about 24 days. */
const MAX_TIMEOUT_S = 2_147_483;

export const EFFORTS = ["off", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

/** The whole command line of `sx`, as data: what is accepted, and what `--help` prints. */
export const SX = {
  name: "sx",
  summary: "A coding agent for the terminal, for scripts and for CI.",
  usage: ["[prompt]", "-p PROMPT", "sessions [list|show|export|delete]", "demo", "doctor"],
  examples: [
    { command: "sx", help: "chat in the current folder" },
    { command: 'sx -p "why does the test fail?"', help: "one answer on stdout, then exit" },
    { command: 'git diff | sx -p "review this" -', help: "a piped text joins the prompt" },
    { command: "sx -c", help: "go on with the last conversation of this folder" },
    { command: "sx demo", help: "watch it mend a small project, without an account" },
  ],
  commands: [
    { name: "demo", help: "run the real agent on a sample project, with a scripted model" },
    { name: "models", help: "list the models of every provider that is set up" },
    { name: "limits", help: "show how much of each plan is used" },
    { name: "doctor", help: "check settings, logins, the network, programs and the terminal" },
    { name: "completion SHELL", help: "print the completion script of a shell", words: SHELLS },
    { name: "sessions", help: "list the conversations of this folder" },
    { name: "sessions show ID", help: "print one; the beginning of the id will do" },
    { name: "sessions export ID", help: "write one as a page or as Markdown" },
    { name: "sessions delete ID...", help: "delete for good" },
  ],
  options: [
    { name: "print", short: "p", type: "boolean", help: "give one answer to the prompt and exit" },
    { name: "provider", type: "string", value: "NAME", help: "who answers; default: the first that is set up" },
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
      name: "continue",
      short: "c",
      type: "boolean",
      group: "Sessions",
      help: "go on with the last conversation of this folder",
    },
    {
      name: "resume",
      short: "r",
      type: "string",
      value: "ID",
      group: "Sessions",
      help: "go on with this one; the beginning of its id will do",
    },
    { name: "fork", type: "boolean", group: "Sessions", help: "with -c or -r: go on in a copy" },
    {
      name: "session",
      type: "boolean",
      group: "Sessions",
      help: "keep the conversation (default); --no-session keeps nothing",
    },
    { name: "all", type: "boolean", group: "Sessions", help: "sessions list: of all folders" },
    {
      name: "format",
      type: "string",
      value: "FORMAT",
      choices: EXPORT_FORMATS,
      group: "Sessions",
      help: "sessions export: what to write; default: as FILE of -o ends, else markdown",
    },
    { name: "yes", short: "y", type: "boolean", group: "Sessions", help: "sessions delete: do not ask" },
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
      name: "output-schema",
      type: "string",
      value: "FILE",
      group: "Output",
      help: "the answer is one JSON value that fits this JSON Schema (exit 1 if it does not)",
    },
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
    { name: "refresh", type: "boolean", group: "Output", help: "models: ask the services again" },
    { name: "offline", type: "boolean", group: "Output", help: "doctor: leave the network out" },
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
  | { readonly kind: "models"; readonly options: SxOptions }
  | { readonly kind: "limits"; readonly options: SxOptions }
  | { readonly kind: "doctor"; readonly options: SxOptions }
  | { readonly kind: "completion"; readonly shell: Shell }
  | {
      readonly kind: "sessions";
      readonly action: (typeof SESSION_ACTIONS)[number];
      /** Ids or beginnings of ids; exactly one for `show` and `export`, none for `list`. */
      readonly ids: readonly string[];
      readonly options: SxOptions;
    };

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
    if (first === "limits") return { kind: "limits", options };
    if (first === "doctor") return { kind: "doctor", options };
  }
  if (!options.print && first === "completion") return completionArgs([...positionals.slice(1), ...rest]);
  if (!options.print && first === "sessions") return sessionsArgs([...positionals.slice(1), ...rest], options);
  checkSessionOptions(options);
  const words = [...positionals.filter((word) => word !== "-"), ...rest];
  return {
    kind: "run",
    options,
    prompt: words.length === 0 ? undefined : words.join(" "),
    readsStdin: positionals.includes("-"),
  };
}

function completionArgs(words: readonly string[]): SxArgs {
  const shell = SHELLS.find((name) => name === words[0]);
  if (shell !== undefined && words.length === 1) return { kind: "completion", shell };
  throw new UsageError(`completion needs one shell: ${SHELLS.join(", ")}`);
}

/** A prompt that begins with this word is written in quotes. */
function sessionsArgs(words: readonly string[], options: SxOptions): SxArgs {
  const [word = "list", ...ids] = words;
  const action = SESSION_ACTIONS.find((name) => name === word);
  if (action === undefined) {
    const [near] = nearestNames(word, SESSION_ACTIONS);
    const advice = near === undefined ? `choose ${SESSION_ACTIONS.join(", ")}` : `did you mean ${near}`;
    throw new UsageError(`sx sessions has no ${quoted(word)}; ${advice}`);
  }
  const [wanted, most] = { list: [0, 0], show: [1, 1], export: [1, 1], delete: [1, Infinity] }[action] as [
    number,
    number,
  ];
  if (ids.length < wanted) throw new UsageError(`an id is missing; write sx sessions ${action} ID`);
  if (ids.length > most) throw new UsageError(`unexpected word ${quoted(ids[most] ?? "")} after sx sessions ${action}`);
  return { kind: "sessions", action, ids, options };
}

/** An option that would be ignored is a mistake. */
function checkSessionOptions(options: SxOptions): void {
  const given = (["all", "format", "yes"] as const).find((name) => options[name] !== undefined);
  if (given !== undefined) throw new UsageError(`--${given} belongs to sx sessions; leave it out`);
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
