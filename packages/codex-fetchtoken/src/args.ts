import { type CommandSpec, nearestNames, parseCommandLine, quoted, UsageError } from "@scorpiox/sxutil";
import { sourceNames } from "@scorpiox/sxnet/credentials";
import { type Format, FORMATS } from "./format.js";

/** The whole command line of `scorpiox-codex-fetchtoken`, as data. */
export const FETCHTOKEN = {
  name: "scorpiox-codex-fetchtoken",
  summary: "Prints one usable access token of a Codex login, or says with its exit code why it cannot.",
  usage: ["[options]"],
  examples: [
    { command: "scorpiox-codex-fetchtoken", help: "one line of JSON: the token, its end, its account" },
    {
      command: "scorpiox-codex-fetchtoken --format token",
      help: "the bare token, for programs that run a command for it",
    },
    { command: "scorpiox-codex-fetchtoken --min-ttl 3600", help: "exit code 60 unless it lives for another hour" },
    {
      command: "git config credential.helper '!scorpiox-codex-fetchtoken --format git-credential'",
      help: "a git credential helper, which answers only for the host of CODEX_BASE_URL",
    },
  ],
  options: [
    {
      name: "source",
      type: "string",
      value: "NAME",
      help: "where the token is from: local; default: CODEX_TOKEN_SOURCE",
    },
    { name: "format", type: "string", value: "FORMAT", choices: FORMATS, help: "what to print; default: json" },
    { name: "min-ttl", type: "number", value: "SECONDS", help: "how long the token must still live; default: 0" },
    { name: "timeout", type: "number", value: "SECONDS", help: "when to give up, with exit code 124; default: 30" },
    { name: "verbose", short: "v", type: "boolean", help: "say on stderr which file was read and when the token ends" },
    { name: "config", type: "boolean", singleDash: ["config"], help: "follow CODEX_TOKEN_SOURCE, as without --source" },
    { name: "local", type: "boolean", singleDash: ["local"], help: "the same as --source local" },
    { name: "help", short: "h", type: "boolean", help: "show this help" },
    { name: "version", short: "V", type: "boolean", help: "show the version" },
  ],
  footer: [
    "stdout holds exactly one line or nothing (git-credential: the lines that git reads). Never a refresh token.",
    "Exit codes: 0 printed, 2 usage, 41 log in, 42 unusable credential file, 52 a setting is wrong, 60 the token lives for less than --min-ttl, 124 timeout.",
  ],
} as const satisfies CommandSpec;

/** What git calls a credential helper with. */
export const GIT_ACTIONS = ["get", "store", "erase"] as const;
export type GitAction = (typeof GIT_ACTIONS)[number];

export interface PrintArgs {
  readonly kind: "print";
  /** Undefined: what the configuration says. */
  readonly source: string | undefined;
  readonly format: Format;
  readonly minTtlMs: number;
  readonly timeoutMs: number;
  readonly verbose: boolean;
  readonly gitAction: GitAction | undefined;
}

export type FetchtokenArgs = { readonly kind: "help" } | { readonly kind: "version" } | PrintArgs;

/** Longest wait and lifetime that can be asked for: a year. */
const MAX_SECONDS = 31_536_000;

/** The command line, read and checked. @throws UsageError */
export function parseArgs(argv: readonly string[]): FetchtokenArgs {
  const { options, positionals, rest } = parseCommandLine(argv, FETCHTOKEN);
  if (options.help) return { kind: "help" };
  if (options.version) return { kind: "version" };
  const format = options.format ?? "json";
  return {
    kind: "print",
    source: chooseSource(options),
    format,
    minTtlMs: toMs("--min-ttl", options["min-ttl"] ?? 0, 0),
    timeoutMs: toMs("--timeout", options.timeout ?? 30, 0.001),
    verbose: options.verbose === true,
    gitAction: readGitAction([...positionals, ...rest], format),
  };
}

function chooseSource(options: {
  readonly source: string | undefined;
  readonly local: boolean | undefined;
  readonly config: boolean | undefined;
}): string | undefined {
  const { source, local, config } = options;
  const chosen = [source, local === true ? "local" : undefined].filter((name) => name !== undefined);
  if (new Set(chosen).size > 1)
    throw new UsageError(`-local and --source ${quoted(source ?? "")} differ; give one of them`);
  const [name] = chosen;
  if (name === undefined) return undefined;
  if (config === true) throw new UsageError("-config follows CODEX_TOKEN_SOURCE; give it or a source, not both");
  if (sourceNames().includes(name)) return name;
  throw new UsageError(`--source cannot be ${quoted(name)}; choose ${sourceNames().join(" or ")}`);
}

function toMs(name: string, seconds: number, min: number): number {
  if (seconds >= min && seconds <= MAX_SECONDS) return Math.round(seconds * 1000);
  throw new UsageError(
    `${name} cannot be ${seconds}; give ${min === 0 ? "0 or more" : "more than 0"}, up to ${MAX_SECONDS} seconds`,
  );
}

function readGitAction(words: readonly string[], format: Format): GitAction | undefined {
  const [word, ...more] = words;
  if (word === undefined) return undefined;
  const action = GIT_ACTIONS.find((name) => name === word);
  if (action !== undefined && format === "git-credential" && more.length === 0) return action;
  const [near] = nearestNames(word, FORMATS);
  const advice = near === undefined ? "see --help" : `did you mean --format ${near}`;
  throw new UsageError(`unexpected word ${quoted(action === undefined ? word : words.join(" "))}; ${advice}`);
}
