import { type CommandSpec, parseCommandLine, UsageError } from "@scorpiox/sxutil";
import { checkPort, parseTokenArgs, type TokenArgs } from "./args-tokens.js";

export const SPEC = {
  name: "scorpiox-sim",
  summary: "A local server that plays a model service from a script or a recording, without account or network",
  usage: [
    "--script FILE [--port N] [--log FILE] [-- COMMAND ARGS…]",
    "--record FILE --upstream URL [-- COMMAND ARGS…]",
    "--replay FILE [-- COMMAND ARGS…]",
    "authority|token-server [OPTIONS] [-- COMMAND ARGS…]",
  ],
  commands: [
    { name: "authority", help: "issue, refresh and revoke logins, as the one of Codex does" },
    { name: "token-server", help: "hand out access tokens, as a server of the remote source does" },
  ],
  options: [
    { name: "script", type: "string", value: "FILE", help: "answer with the turns of this JSON file" },
    {
      name: "record",
      type: "string",
      value: "FILE",
      help: "pass requests on, and write both sides to FILE without secrets",
    },
    { name: "upstream", type: "string", value: "URL", help: "the service that --record passes requests on to" },
    {
      name: "replay",
      type: "string",
      value: "FILE",
      help: "answer with the recorded bytes, to the recorded requests only",
    },
    { name: "realtime", type: "boolean", help: "with --replay: as slowly as it was recorded" },
    {
      name: "authority",
      type: "boolean",
      help: "a token authority beside it, whose tokens the Codex provider needs (not with --record)",
    },
    { name: "port", type: "number", value: "N", help: "port on 127.0.0.1 (default: a free one)" },
    {
      name: "log",
      type: "string",
      value: "FILE",
      help: "append one JSON line for each request; credentials are masked",
    },
    { name: "help", short: "h", type: "boolean", help: "print this help" },
    { name: "version", type: "boolean", help: "print the version" },
  ],
  examples: [
    { command: "scorpiox-sim --script turns.json -- sx -p 'fix the test'", help: "run a command against a script" },
    { command: "scorpiox-sim --script turns.json", help: "serve until stopped; the first line on stdout says where" },
    { command: "scorpiox-sim --replay run.jsonl -- sx -p 'fix the test'", help: "play a recording" },
  ],
  footer: [
    "COMMAND runs with the keys that point every provider at the simulator. The exit code is its own, or 1 when it was 0 and a request was not the expected one or an answer was left over.",
  ],
} as const satisfies CommandSpec;

/** What to do, as the command line says it. */
export type Args =
  | { readonly kind: "help"; readonly of: CommandSpec }
  | { readonly kind: "version" }
  | TokenArgs
  | {
      readonly kind: "run";
      readonly source: Source;
      readonly authority: boolean;
      readonly port: number;
      readonly log?: string;
      readonly command: readonly string[];
    };

export type Source =
  | { readonly kind: "script"; readonly path: string }
  | { readonly kind: "record"; readonly path: string; readonly upstream: string }
  | { readonly kind: "replay"; readonly path: string; readonly realtime: boolean };

/** @throws UsageError */
export function parseArgs(argv: readonly string[]): Args {
  const tokens = parseTokenArgs(argv);
  if (tokens !== undefined) return tokens;
  const { options, positionals, rest } = parseCommandLine(argv, SPEC);
  if (options.help === true) return { kind: "help", of: SPEC };
  if (options.version === true) return { kind: "version" };
  if (positionals.length > 0) {
    throw new UsageError(`unexpected argument "${positionals[0]}"; a command to run goes after --`);
  }
  const { script, record, replay, upstream, realtime, log, port, authority = false } = options;
  const sources: Source[] = [
    ...(script === undefined ? [] : [{ kind: "script", path: script } as const]),
    ...(record === undefined ? [] : [{ kind: "record", path: record, upstream: upstream ?? "" } as const]),
    ...(replay === undefined ? [] : [{ kind: "replay", path: replay, realtime: realtime === true } as const]),
  ];
  const [source] = sources;
  if (source === undefined || sources.length > 1) throw new UsageError("give one of --script, --record and --replay");
  if ((source.kind === "record") !== (upstream !== undefined))
    throw new UsageError("--record and --upstream go together");
  if (realtime !== undefined && source.kind !== "replay") throw new UsageError("--realtime goes with --replay");
  if (authority && source.kind === "record") throw new UsageError("--authority goes with --script or --replay");
  return {
    kind: "run",
    source,
    authority,
    port: checkPort(port),
    ...(log === undefined ? {} : { log }),
    command: rest,
  };
}
