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
import { readOriginalFlags } from "./original-flags.js";

const GET = ["json", "show-origin", "reveal"] as const;
const SET = ["tier", "profile", "json", "ignore"] as const;
const UNSET = ["tier", "profile", "json"] as const;
const LIST = ["json", "show-origin", "all", "reveal", "tier", "files"] as const;
const KEYS = ["json", "markdown"] as const;
const PROFILE = ["json", "from-current", "reveal", "yes", "tier"] as const;
const TRUST = ["revoke", "list", "yes", "json"] as const;

/** The tiers that can be written to. */
export const WRITABLE_TIERS = ["global", "user", "project", "profile"] as const;
export type WritableTier = (typeof WRITABLE_TIERS)[number];

export const PROFILE_ACTIONS = ["list", "show", "use", "create", "delete"] as const;
export type ProfileAction = (typeof PROFILE_ACTIONS)[number];

/** The whole command line of `scorpiox-config`, as data: what is accepted, and what `--help` prints. */
export const CONFIG = {
  name: "scorpiox-config",
  summary: "Reads and writes scorpiox-env.txt, and tells where each value comes from.",
  usage: [
    "init --provider NAME --model MODEL",
    "get KEY",
    "set KEY VALUE",
    "unset KEY",
    "list",
    "check",
    "keys",
    "profile list|show|use|create|delete",
    "trust [PATH]",
  ],
  examples: [
    { command: "scorpiox-config set PROVIDER codex", help: "for this user, in every folder" },
    { command: "scorpiox-config set MODEL opus --tier project", help: "for the project of the current folder" },
    {
      command: "scorpiox-config set OPENAI_API_KEY - < key.txt",
      help: "a secret, unseen by ps and the shell's history",
    },
    { command: "scorpiox-config list --show-origin", help: "what counts here, and where it is from" },
    { command: "scorpiox-config trust", help: "what this project asks for, and whether it may" },
  ],
  commands: [
    { name: "init", help: "the setup without questions; scorpiox-config init --help tells more", options: [] },
    { name: "get KEY", help: "print the value that counts; exit 1 when there is none", options: GET },
    { name: "set KEY VALUE", help: "set a key in one file; VALUE may be - for stdin", options: SET },
    { name: "unset KEY", help: "remove a key from the files of one tier", options: UNSET },
    { name: "list", help: "print every value that is set", options: LIST },
    { name: "check", help: "look through all files for mistakes; exit 52 when there is one", options: ["json"] },
    { name: "keys", help: "print every key that there is, and what it is for", options: KEYS },
    {
      name: "profile ACTION",
      help: "list; show NAME; use NAME|off; create NAME [KEY=VALUE…]; delete NAME",
      options: PROFILE,
      words: PROFILE_ACTIONS,
    },
    {
      name: "trust [PATH]",
      help: "show what a project's files ask for, and allow it after a question",
      options: TRUST,
    },
    { name: "completion SHELL", help: "print a completion script", options: [], words: SHELLS },
  ],
  options: [
    {
      name: "tier",
      type: "string",
      value: "TIER",
      choices: WRITABLE_TIERS,
      aliases: ["level"],
      help: "where set and unset write: user (default, ~/.scorpiox/scorpiox-env.txt), project, profile, global; list: only that",
    },
    { name: "profile", type: "string", value: "NAME", help: "the profile to write to; default: the active one" },
    { name: "json", type: "boolean", help: "one JSON document" },
    {
      name: "show-origin",
      type: "boolean",
      aliases: ["show-source"],
      help: "get, list: also where each value is from, what it hides, and what waits for trust",
    },
    { name: "all", type: "boolean", help: "list: defaults as well" },
    { name: "files", type: "boolean", help: "list: the files, and whether they are there" },
    { name: "reveal", type: "boolean", help: "get, list, profile show: show secrets; only on a terminal" },
    { name: "markdown", type: "boolean", help: "keys: a table for a page" },
    { name: "ignore", type: "boolean", help: "set: put the file into .gitignore before a secret goes into it" },
    { name: "from-current", type: "boolean", help: "profile create: with what is set now" },
    { name: "revoke", type: "boolean", help: "trust: no longer" },
    { name: "list", type: "boolean", help: "trust: every project that was allowed" },
    { name: "yes", short: "y", type: "boolean", help: "trust, profile delete: do not ask" },
    { name: "help", short: "h", type: "boolean", help: "show this help" },
    { name: "version", short: "V", type: "boolean", help: "show the version" },
  ],
  footer: [
    "Without arguments at a terminal it is the setup: it asks, shows what would change, writes, and checks it.",
    "Each tier wins over those before it: default, global, user, project, profile, environment, command line.",
    "The flags --get, --set, --dump, --files, --verbose and --json [KEY] of older versions stand for these commands.",
    "Exit codes: 0 done, 1 not set, 2 usage, 52 a file or value is wrong, 55 not allowed, 61 somebody else is writing.",
  ],
} as const satisfies CommandSpec;

export type ConfigOptions = ParsedOptions<typeof CONFIG>;

export type ConfigArgs =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "get"; readonly key: string; readonly options: ConfigOptions }
  | { readonly kind: "set"; readonly key: string; readonly value: string; readonly options: ConfigOptions }
  | { readonly kind: "unset"; readonly key: string; readonly options: ConfigOptions }
  | { readonly kind: "list" | "check" | "keys"; readonly options: ConfigOptions }
  | {
      readonly kind: "profile";
      readonly action: ProfileAction;
      /** The profile; absent for `list` only. */
      readonly name: string | undefined;
      /** `KEY=VALUE`, for `create`. */
      readonly pairs: readonly string[];
      readonly options: ConfigOptions;
    }
  | { readonly kind: "trust"; readonly path: string | undefined; readonly options: ConfigOptions }
  | { readonly kind: "completion"; readonly shell: Shell };

/** What each command takes besides its words: an option that would be ignored is a mistake. */
const COMMANDS = {
  get: { words: ["KEY"], options: GET },
  set: { words: ["KEY", "VALUE"], options: SET },
  unset: { words: ["KEY"], options: UNSET },
  list: { words: [], options: LIST },
  check: { words: [], options: ["json"] },
  keys: { words: [], options: KEYS },
  profile: { words: ["ACTION"], options: PROFILE, more: true },
  trust: { words: [], options: TRUST, more: true },
  completion: { words: ["SHELL"], options: [] },
} as const satisfies Record<
  string,
  { words: readonly string[]; options: readonly (keyof ConfigOptions)[]; more?: boolean }
>;

/** The command line, read and checked. @throws UsageError */
export function parseArgs(argv: readonly string[]): ConfigArgs {
  const { options, positionals, rest } = parseCommandLine(readOriginalFlags(argv), CONFIG);
  if (options.help) return { kind: "help" };
  if (options.version) return { kind: "version" };
  const [name, ...words] = [...positionals, ...rest];
  if (name === undefined) return { kind: "help" };
  if (!Object.hasOwn(COMMANDS, name)) {
    const [near] = nearestNames(name, Object.keys(COMMANDS));
    throw new UsageError(
      `unknown command ${quoted(name)}${near === undefined ? "; see --help" : `; did you mean ${near}`}`,
    );
  }
  const kind = name as keyof typeof COMMANDS;
  checkWords(kind, words);
  checkOptions(kind, options);
  const [first = "", second = ""] = words;
  switch (kind) {
    case "set":
      return { kind, key: first, value: second, options };
    case "get":
    case "unset":
      return { kind, key: first, options };
    case "profile":
      return readProfileWords(words, options);
    case "trust":
      if (words.length > 1) throw new UsageError("trust takes one PATH; quote it if it has blanks");
      return { kind, path: words[0], options };
    case "completion":
      return { kind, shell: readWord("SHELL", first, SHELLS) };
    case "list":
    case "check":
    case "keys":
      return { kind, options };
  }
}

function readProfileWords([given = "", name, ...pairs]: readonly string[], options: ConfigOptions): ConfigArgs {
  const action = readWord("ACTION", given, PROFILE_ACTIONS);
  const call = `scorpiox-config profile ${action}`;
  if (action === "list" && name !== undefined) throw new UsageError(`one word too many; write ${call}`);
  if (action !== "list" && name === undefined) throw new UsageError(`NAME is missing; write ${call} NAME`);
  if (action !== "create" && pairs.length > 0) throw new UsageError(`words too many; write ${call} NAME`);
  return { kind: "profile", action, name, pairs, options };
}

function readWord<T extends string>(what: string, given: string, choices: readonly T[]): T {
  const word = choices.find((choice) => choice === given);
  if (word === undefined) throw new UsageError(`${what} cannot be ${quoted(given)}; choose ${choices.join(", ")}`);
  return word;
}

function checkWords(kind: keyof typeof COMMANDS, words: readonly string[]): void {
  const wanted: readonly string[] = COMMANDS[kind].words;
  if (words.length === wanted.length) return;
  const call = [kind, ...wanted].join(" ");
  const missing = wanted[words.length];
  if (missing === undefined && "more" in COMMANDS[kind]) return;
  if (missing !== undefined) throw new UsageError(`${missing} is missing; write scorpiox-config ${call}`);
  throw new UsageError(
    `${words.length - wanted.length} words too many; write scorpiox-config ${call}, with quotes around a value that has blanks`,
  );
}

function checkOptions(kind: keyof typeof COMMANDS, options: ConfigOptions): void {
  const allowed: readonly string[] = COMMANDS[kind].options;
  const extra = Object.entries(options).find(([name, value]) => value !== undefined && !allowed.includes(name));
  if (extra !== undefined) throw new UsageError(`--${extra[0]} has no meaning for ${kind}; leave it out`);
  if (options.profile !== undefined && options.tier !== undefined && options.tier !== "profile") {
    throw new UsageError(`--profile writes to the profile tier, not to the ${options.tier} tier; give one of the two`);
  }
}
