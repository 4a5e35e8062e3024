import { type CommandSpec, type ParsedOptions, parseCommandLine, UsageError } from "@scorpiox/sxutil";

/** The command line of `scorpiox-config init`, as data. */
export const INIT = {
  name: "scorpiox-config init",
  summary: "The setup without questions: writes what the options say. Nothing is asked, also at a terminal.",
  usage: ["--provider NAME --model MODEL [options]"],
  examples: [
    { command: "scorpiox-config init --provider codex --model gpt-5.5 --dry-run", help: "only show what would change" },
    {
      command: "scorpiox-config init --provider anthropic --model opus --answers - < answers.json",
      help: "with the key in the answers, unseen by ps and the shell's history",
    },
  ],
  options: [
    {
      name: "provider",
      type: "string",
      value: "NAME",
      help: "codex, claude_code, anthropic, gemini, openai, local (any server that speaks OpenAI's language), scorpiox",
    },
    { name: "model", type: "string", short: "m", value: "MODEL", help: "model id, or an alias" },
    { name: "token-source", type: "string", value: "SOURCE", help: "local, ssh or remote; default: local" },
    { name: "effort", type: "string", value: "LEVEL", help: "how hard it thinks; default: as the model likes" },
    { name: "approval-mode", type: "string", value: "MODE", help: "plan, ask, edits or all; default: as usual" },
    { name: "tier", type: "string", value: "TIER", help: "where to write: user (default), project, profile" },
    { name: "profile", type: "string", value: "NAME", help: "the profile to write to" },
    {
      name: "set",
      type: "string",
      value: "KEY=VALUE",
      repeatable: true,
      help: "any further key; no secrets, which others could see in the list of processes",
    },
    {
      name: "answers",
      type: "string",
      value: "FILE",
      help: "answers as a JSON object, by key or by the word of the question; - is stdin; options win",
    },
    { name: "dry-run", type: "boolean", help: "write nothing; print what would change" },
    { name: "json", type: "boolean", help: "one JSON document on stdout" },
    { name: "help", short: "h", type: "boolean", help: "show this help" },
  ],
  footer: [
    "Words of questions for --answers: tier, profile, activate, secrets (user, ignore), login, list, check (no, hops, request).",
    "Exit codes: 0 done, 2 an answer is missing or wrong, 52 a file or value is wrong, 61 somebody else is writing.",
  ],
} as const satisfies CommandSpec;

export type InitOptions = ParsedOptions<typeof INIT>;

/** What follows `init`. @throws UsageError */
export function parseInitArgs(argv: readonly string[]): InitOptions {
  const { options, positionals, rest } = parseCommandLine(argv, INIT);
  const [extra] = [...positionals, ...rest];
  if (extra !== undefined) throw new UsageError("init takes options only; see scorpiox-config init --help");
  return options;
}
