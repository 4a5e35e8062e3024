import {
  type CommandSpec,
  nearestNames,
  type ParsedOptions,
  parseCommandLine,
  quoted,
  UsageError,
} from "@scorpiox/sxutil";

/** The tiers that can be written to. */
export const WRITABLE_TIERS = ["user", "project", "profile"] as const;
export type WritableTier = (typeof WRITABLE_TIERS)[number];

/** The whole command line of `scorpiox-config`, as data: what is accepted, and what `--help` prints. */
export const CONFIG = {
  name: "scorpiox-config",
  summary: "Reads and writes scorpiox-env.txt, and tells where each value comes from.",
  usage: ["get KEY", "set KEY VALUE", "unset KEY", "list"],
  examples: [
    { command: "scorpiox-config set PROVIDER codex", help: "for this user, in every folder" },
    { command: "scorpiox-config set MODEL opus --tier project", help: "for the project of the current folder" },
    {
      command: "scorpiox-config set OPENAI_API_KEY - < key.txt",
      help: "a secret, unseen by ps and the shell's history",
    },
    { command: "scorpiox-config list --show-origin", help: "what counts here, and where it is from" },
  ],
  commands: [
    { name: "get KEY", help: "print the value that counts; exit 1 when there is none" },
    { name: "set KEY VALUE", help: "set a key in one file; VALUE may be - for stdin" },
    { name: "unset KEY", help: "remove a key from the files of one tier" },
    { name: "list", help: "print every value that is set" },
  ],
  options: [
    {
      name: "tier",
      type: "string",
      value: "TIER",
      choices: WRITABLE_TIERS,
      aliases: ["level"],
      help: "where set and unset write: user (default, ~/.scorpiox/scorpiox-env.txt), project, profile",
    },
    { name: "profile", type: "string", value: "NAME", help: "the profile to write to; default: the active one" },
    { name: "json", type: "boolean", help: "get, list: one JSON document" },
    {
      name: "show-origin",
      type: "boolean",
      aliases: ["show-source"],
      help: "get, list: also where each value is from",
    },
    { name: "all", type: "boolean", help: "list: defaults as well" },
    { name: "reveal", type: "boolean", help: "get, list: show secrets; only on a terminal" },
    { name: "help", short: "h", type: "boolean", help: "show this help" },
    { name: "version", short: "V", type: "boolean", help: "show the version" },
  ],
  footer: [
    "Each tier wins over those before it: default, global, user, project, profile, environment, command line.",
    "Exit codes: 0 done, 1 not set, 2 usage, 52 a file or value is wrong, 61 somebody else is writing.",
  ],
} as const satisfies CommandSpec;

export type ConfigOptions = ParsedOptions<typeof CONFIG>;

export type ConfigArgs =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "get"; readonly key: string; readonly options: ConfigOptions }
  | { readonly kind: "set"; readonly key: string; readonly value: string; readonly options: ConfigOptions }
  | { readonly kind: "unset"; readonly key: string; readonly options: ConfigOptions }
  | { readonly kind: "list"; readonly options: ConfigOptions };

/** What each command takes besides its words: an option that would be ignored is a mistake. */
const COMMANDS = {
  get: { words: ["KEY"], options: ["json", "show-origin", "reveal"] },
  set: { words: ["KEY", "VALUE"], options: ["tier", "profile"] },
  unset: { words: ["KEY"], options: ["tier", "profile"] },
  list: { words: [], options: ["json", "show-origin", "all", "reveal"] },
} as const satisfies Record<string, { words: readonly string[]; options: readonly (keyof ConfigOptions)[] }>;

/** The command line, read and checked. @throws UsageError */
export function parseArgs(argv: readonly string[]): ConfigArgs {
  const { options, positionals, rest } = parseCommandLine(argv, CONFIG);
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
  const [key = "", value = ""] = words;
  return kind === "list" ? { kind, options } : kind === "set" ? { kind, key, value, options } : { kind, key, options };
}

function checkWords(kind: keyof typeof COMMANDS, words: readonly string[]): void {
  const wanted: readonly string[] = COMMANDS[kind].words;
  if (words.length === wanted.length) return;
  const call = [kind, ...wanted].join(" ");
  const missing = wanted[words.length];
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
