import { type CommandSpec, parseCommandLine, type ParsedOptions, UsageError } from "@scorpiox/sxutil";

const COMMON = [
  { name: "port", type: "number", value: "N", help: "port on 127.0.0.1 (default: a free one)" },
  { name: "log", type: "string", value: "FILE", help: "append one JSON line for each request; no token is in it" },
  { name: "settings", type: "string", value: "JSON", help: "how it behaves; docs/simulator.md has the list" },
  { name: "help", short: "h", type: "boolean", help: "print this help" },
] as const satisfies CommandSpec["options"];

const AUTHORITY_SPEC = {
  name: "scorpiox-sim authority",
  summary: "Issues, refreshes and revokes made-up logins; a refresh token that is used twice ends its login",
  usage: ["[--port N] [--log FILE] [--settings JSON] [--life SECONDS] [-- COMMAND ARGS…]"],
  options: [
    {
      name: "life",
      type: "number",
      value: "SECONDS",
      help: "what the login's first access token has left; may be negative (default: as set)",
    },
    ...COMMON,
  ],
  examples: [
    { command: "scorpiox-sim authority --life -60 -- scorpiox-codex-fetchtoken", help: "refresh a login that is over" },
    { command: `scorpiox-sim authority --settings '{"graceMs":30000}'`, help: "forgive a lost answer for 30 seconds" },
  ],
} as const satisfies CommandSpec;

const TOKEN_SERVER_SPEC = {
  name: "scorpiox-sim token-server",
  summary: "Hands out made-up access tokens to whoever has the key",
  usage: ["[--port N] [--log FILE] [--settings JSON] [--api-key TEXT] [--cert FILE --key FILE] [-- COMMAND ARGS…]"],
  options: [
    { name: "api-key", type: "string", value: "TEXT", help: "what it asks for (default: simulator-key)" },
    { name: "cert", type: "string", value: "FILE", help: "certificate, PEM: it speaks https" },
    { name: "key", type: "string", value: "FILE", help: "private key of the certificate, PEM" },
    ...COMMON,
  ],
  examples: [{ command: "scorpiox-sim token-server -- scorpiox-codex-fetchtoken", help: "fetch a token from it" }],
} as const satisfies CommandSpec;

/** What to do with a token authority or a token server, as the command line says it. */
export type TokenArgs =
  | { readonly kind: "help"; readonly of: CommandSpec }
  | ({ readonly kind: "authority"; readonly lifeMs?: number } & ServedArgs)
  | ({ readonly kind: "token-server"; readonly apiKey?: string; readonly certificate?: CertificateFiles } & ServedArgs);

interface ServedArgs {
  readonly port: number;
  readonly log?: string;
  /** JSON of unknown shape. */
  readonly settings: unknown;
  readonly command: readonly string[];
}

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/**
 * @returns `undefined` when the first argument names neither
 * @throws UsageError
 */
export function parseTokenArgs([word, ...argv]: readonly string[]): TokenArgs | undefined {
  if (word === "authority") {
    const { options, positionals, rest } = parseCommandLine(argv, AUTHORITY_SPEC);
    if (options.help === true) return { kind: "help", of: AUTHORITY_SPEC };
    const { life } = options;
    const lifeMs = life === undefined ? {} : { lifeMs: Math.round(life * 1000) };
    return { kind: word, ...served(options, positionals, rest), ...lifeMs };
  }
  if (word === "token-server") {
    const { options, positionals, rest } = parseCommandLine(argv, TOKEN_SERVER_SPEC);
    if (options.help === true) return { kind: "help", of: TOKEN_SERVER_SPEC };
    const { cert, key, "api-key": apiKey } = options;
    if ((cert === undefined) !== (key === undefined)) throw new UsageError("--cert and --key go together");
    return {
      kind: word,
      ...served(options, positionals, rest),
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(cert === undefined || key === undefined ? {} : { certificate: { cert, key } }),
    };
  }
  return undefined;
}

type CommonOptions = ParsedOptions<Omit<CommandSpec, "options"> & { readonly options: typeof COMMON }>;

function served(
  { port, log, settings = "{}" }: CommonOptions,
  positionals: readonly string[],
  command: readonly string[],
): ServedArgs {
  if (positionals.length > 0) {
    throw new UsageError(`unexpected argument "${positionals[0]}"; a command to run goes after --`);
  }
  return { port: checkPort(port), settings: parseSettings(settings), command, ...(log === undefined ? {} : { log }) };
}

function parseSettings(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--settings is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** @throws UsageError */
export function checkPort(port = 0): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError(`--port is ${port}; give a whole number from 0 to 65535`);
}
