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
import { isAccountName, sourceNames } from "@scorpiox/sxnet/credentials";
import { type Format, FORMATS } from "./format.js";

/** The whole command line of `scorpiox-codex-fetchtoken`, as data. */
export const FETCHTOKEN = {
  name: "scorpiox-codex-fetchtoken",
  summary: "Prints one usable access token of a Codex login, or says with its exit code why it cannot.",
  usage: [
    "[options]",
    "login [--browser] [--name NAME] [--force]",
    "status [--name NAME] [--json]",
    "refresh [--name NAME] [--force] [--verbose]",
    "logout [--name NAME]",
    "completion bash|zsh|fish",
  ],
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
    { command: "scorpiox-codex-fetchtoken login --name work", help: "a login of its own, for another account" },
  ],
  commands: [
    {
      name: "login",
      help: "log in: shows a code and the page to type it on",
      options: ["browser", "name", "force", "port"],
    },
    { name: "status", help: "say what login there is and how long it lasts; asks nobody", options: ["name", "json"] },
    { name: "refresh", help: "get a new access token when it is time to", options: ["name", "force", "verbose"] },
    { name: "logout", help: "revoke the login and remove its file", options: ["name"] },
    { name: "completion SHELL", help: "print the completion script of a shell", options: [], words: SHELLS },
  ],
  options: [
    {
      name: "source",
      type: "string",
      value: "NAME",
      help: "where the token is from: local, remote or ssh; default: CODEX_TOKEN_SOURCE",
    },
    { name: "format", type: "string", value: "FORMAT", choices: FORMATS, help: "what to print; default: json" },
    { name: "min-ttl", type: "number", value: "SECONDS", help: "how long the token must still live; default: 0" },
    { name: "timeout", type: "number", value: "SECONDS", help: "when to give up, with exit code 124; default: 30" },
    { name: "verbose", short: "v", type: "boolean", help: "say on stderr where the token is from and when it ends" },
    { name: "config", type: "boolean", singleDash: ["config"], help: "follow CODEX_TOKEN_SOURCE, as without --source" },
    { name: "local", type: "boolean", singleDash: ["local"], help: "the same as --source local" },
    {
      name: "remote",
      type: "boolean",
      aliases: ["http"],
      singleDash: ["remote", "http"],
      help: "the same as --source remote",
    },
    { name: "ssh", type: "boolean", singleDash: ["ssh"], help: "the same as --source ssh" },
    {
      name: "browser",
      type: "boolean",
      group: "Login",
      help: "login: through the browser of this machine, without a code",
    },
    {
      name: "name",
      type: "string",
      value: "NAME",
      group: "Login",
      help: "the account of that name, in ~/.scorpiox/accounts; use it with CODEX_CREDENTIALS_FILE",
    },
    {
      name: "force",
      type: "boolean",
      group: "Login",
      help: "login: replace a login, and revoke it; refresh: also when it is not time to",
    },
    { name: "json", type: "boolean", group: "Login", help: "status: one line of JSON" },
    { name: "port", type: "number", group: "Login", hidden: true, help: "login --browser: the callback's port" },
    { name: "help", short: "h", type: "boolean", help: "show this help" },
    { name: "version", short: "V", type: "boolean", help: "show the version" },
  ],
  footer: [
    "stdout holds exactly one line or nothing (git-credential: the lines that git reads). Never a refresh token.",
    "Exit codes: 0 done, 2 usage, 41 log in, 42 unusable credential file, 52 a setting is wrong, 57 asked to wait, 58 network, 60 the token lives for less than --min-ttl, 61 another process holds the lock, 62 SSH host key, 124 timeout.",
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

export interface LoginArgs {
  readonly kind: "login";
  readonly browser: boolean;
  /** Undefined: the login that is used when nothing else is said. */
  readonly account: string | undefined;
  readonly force: boolean;
  /** Undefined: the ports that the issuer knows. */
  readonly port: number | undefined;
}

export interface StatusArgs {
  readonly kind: "status";
  readonly account: string | undefined;
  readonly json: boolean;
}

export interface RefreshArgs {
  readonly kind: "refresh";
  readonly account: string | undefined;
  readonly force: boolean;
  readonly verbose: boolean;
}

export interface LogoutArgs {
  readonly kind: "logout";
  readonly account: string | undefined;
}

export interface CompletionArgs {
  readonly kind: "completion";
  readonly shell: Shell;
}

export type FetchtokenArgs =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | PrintArgs
  | LoginArgs
  | StatusArgs
  | RefreshArgs
  | LogoutArgs
  | CompletionArgs;

type Options = ParsedOptions<typeof FETCHTOKEN>;

const wordOf = ({ name }: { readonly name: string }): string => name.split(" ")[0] ?? "";

/** Longest wait and lifetime that can be asked for: a year. */
const MAX_SECONDS = 31_536_000;

/** The command line, read and checked. @throws UsageError */
export function parseArgs(argv: readonly string[]): FetchtokenArgs {
  const { options, positionals, rest } = parseCommandLine(argv, FETCHTOKEN);
  if (options.help) return { kind: "help" };
  if (options.version) return { kind: "version" };
  const [command = "", ...words] = [...positionals, ...rest];
  const row = FETCHTOKEN.commands.find((one) => wordOf(one) === command);
  if (row === undefined) checkOptions("a call without a subcommand", options, printOptions());
  else checkOptions(command, options, row.options);
  const account = checkAccount(options.name);
  switch (command) {
    case "login":
      checkWords(command, words);
      return {
        kind: command,
        browser: options.browser === true,
        account,
        force: options.force === true,
        port: portOf(options),
      };
    case "status":
      checkWords(command, words);
      return { kind: command, account, json: options.json === true };
    case "refresh":
      checkWords(command, words);
      return { kind: command, account, force: options.force === true, verbose: options.verbose === true };
    case "logout":
      checkWords(command, words);
      return { kind: command, account };
    case "completion":
      return { kind: command, shell: shellOf(words) };
    default:
      return printArgs(options, [...positionals, ...rest]);
  }
}

/** What a call without a subcommand takes: the options of help's first part. */
function printOptions(): readonly string[] {
  return FETCHTOKEN.options.filter((option) => !("group" in option)).map(({ name }) => name);
}

/** An option that would be ignored is a mistake. */
function checkOptions(what: string, options: Options, allowed: readonly string[]): void {
  const extra = Object.entries(options).find(([name, value]) => value !== undefined && !allowed.includes(name));
  if (extra !== undefined) throw new UsageError(`--${extra[0]} has no meaning for ${what}; leave it out`);
}

function checkWords(command: string, [word]: readonly string[]): void {
  if (word !== undefined) throw new UsageError(`unexpected word ${quoted(word)} after ${command}; leave it out`);
}

function checkAccount(name: string | undefined): string | undefined {
  if (name === undefined || isAccountName(name)) return name;
  throw new UsageError(`--name cannot be ${quoted(name)}; give up to 64 letters, digits and -_. (not first)`);
}

function portOf({ port, browser }: Options): number | undefined {
  if (port === undefined) return undefined;
  if (browser !== true) throw new UsageError("--port belongs to --browser; leave it out or give both");
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError(`--port cannot be ${port}; give 0 to 65535`);
}

function shellOf([word, ...more]: readonly string[]): Shell {
  const shell = SHELLS.find((name) => name === word);
  if (shell !== undefined && more.length === 0) return shell;
  throw new UsageError(`completion needs one shell: ${SHELLS.join(", ")}`);
}

function printArgs(options: Options, words: readonly string[]): PrintArgs {
  const format = options.format ?? "json";
  return {
    kind: "print",
    source: chooseSource(options),
    format,
    minTtlMs: toMs("--min-ttl", options["min-ttl"] ?? 0, 0),
    timeoutMs: toMs("--timeout", options.timeout ?? 30, 0.001),
    verbose: options.verbose === true,
    gitAction: readGitAction(words, format),
  };
}

function chooseSource(options: Options): string | undefined {
  const shortForms = (["local", "remote", "ssh"] as const).filter((name) => options[name] === true);
  // The original's word for a token server.
  const given = options.source === "http" ? "remote" : options.source;
  const chosen = new Set([...(given === undefined ? [] : [given]), ...shortForms]);
  const [name] = chosen;
  if (chosen.size > 1) {
    const words = [
      ...(options.source === undefined ? [] : [`--source ${quoted(options.source)}`]),
      ...shortForms.map((form) => `-${form}`),
    ];
    throw new UsageError(`${words.join(" and ")} differ; give one of them`);
  }
  if (name === undefined) return undefined;
  if (options.config === true)
    throw new UsageError("-config follows CODEX_TOKEN_SOURCE; give it or a source, not both");
  if (sourceNames().includes(name)) return name;
  throw new UsageError(`--source cannot be ${quoted(name)}; choose ${sourceNames().join(", ")}`);
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
  const [near] = nearestNames(word, [...FORMATS, ...FETCHTOKEN.commands.map(wordOf)]);
  const isFormat = FORMATS.some((name) => name === near);
  const advice = near === undefined ? "see --help" : `did you mean ${isFormat ? "--format " : ""}${near}`;
  throw new UsageError(`unexpected word ${quoted(action === undefined ? word : words.join(" "))}; ${advice}`);
}
