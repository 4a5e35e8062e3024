import { resolve } from "node:path";
import { ExitCode, Failure, type Io, oneLine, UsageError } from "@scorpiox/sxutil";
import type { CertificateFiles, TokenArgs } from "./args-tokens.js";
import { startAuthority } from "./authority.js";
import type { AuthoritySettings } from "./authority-settings.js";
import { writeFakeCredentials } from "./fake-credentials.js";
import { CheckError } from "./json-check.js";
import type { ServerCertificate } from "./loopback-server.js";
import { type Place, serve } from "./serve.js";
import { startTokenServer, type TokenServerSettings } from "./token-server.js";

type ServerArgs = Exclude<TokenArgs, { readonly kind: "help" }>;

/** A server to be kept up, and what it has to complain about at the end. */
interface Running extends Place {
  readonly violations: readonly string[];
  close(): Promise<void>;
}

/**
 * Serves for the length of a command, or until a signal. What a client did wrong goes to stderr as it happens.
 * @returns the command's exit code, or 1 when that was 0 and a client did something wrong
 * @throws UsageError for settings that cannot be; Failure when a file cannot be used or the port is taken
 */
export async function runTokens(args: ServerArgs, io: Io): Promise<number> {
  const running = await start(args, io).catch((error: unknown) => {
    throw explain(error);
  });
  try {
    const code = await serve(running, args.command, io);
    return code === ExitCode.ok && running.violations.length > 0 ? ExitCode.failure : code;
  } finally {
    await running.close();
  }
}

async function start(args: ServerArgs, io: Io): Promise<Running> {
  const onEvent = (event: { readonly type: string; readonly message?: string }): void => {
    if (event.message !== undefined) io.stderr.write(`scorpiox-sim: ${oneLine(event.message)}\n`);
  };
  const shared = { port: args.port, onEvent, ...(args.log === undefined ? {} : { log: resolve(io.cwd, args.log) }) };
  if (args.kind === "token-server") {
    const { apiKey, certificate } = args;
    return startTokenServer({
      ...shared,
      settings: args.settings as Partial<TokenServerSettings>,
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(certificate === undefined ? {} : { certificate: await readCertificate(certificate, io.cwd) }),
    });
  }
  const { lifeMs } = args;
  const authority = await startAuthority({ ...shared, settings: args.settings as Partial<AuthoritySettings> });
  try {
    const login = authority.signIn(lifeMs === undefined ? {} : { accessTokenLifeMs: lifeMs });
    const credentials = await writeFakeCredentials(login);
    return {
      ...authority,
      env: { ...authority.env, ...credentials.env },
      close: async () => {
        await authority.close();
        await credentials.remove();
      },
    };
  } catch (error) {
    await authority.close();
    throw error;
  }
}

/** PEM is small. */
const MAX_PEM_BYTES = 1024 * 1024;

async function readCertificate({ cert, key }: CertificateFiles, cwd: string): Promise<ServerCertificate> {
  const { readFile, stat } = await import("node:fs/promises");
  const read = async (name: string): Promise<string> => {
    const path = resolve(cwd, name);
    const info = await stat(path);
    if (!info.isFile() || info.size > MAX_PEM_BYTES) {
      throw new Failure("cannot_start", ExitCode.badInput, `${name} is no PEM file`);
    }
    return readFile(path, "utf8");
  };
  return { cert: await read(cert), key: await read(key) };
}

/** What the system, or OpenSSL, says about a start that fails is about what the user gave. */
function explain(error: unknown): unknown {
  if (error instanceof CheckError) return new UsageError(`--settings: ${error.message}`);
  if (!(error instanceof Error) || error instanceof Failure || !("code" in error)) return error;
  return new Failure("cannot_start", ExitCode.badInput, `the server cannot start: ${error.message}`, { cause: error });
}
