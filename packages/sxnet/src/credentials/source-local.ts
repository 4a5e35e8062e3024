import { isAbsolute, join } from "node:path";
import { displayPath, pause, quoted, scorpioxHome } from "@scorpiox/sxutil";
import { type Credential, parseCredential, remainingMs } from "./credential.js";
import { CredentialError } from "./credential-error.js";
import { readCredentialFile } from "./credential-file.js";
import type { CredentialRequest, CredentialSource, SourcedCredential, SourceOptions } from "./source.js";

/** How long another program may take to put a new login in the place of a refused one before we look again. */
const REREAD_AFTER_MS = 200;

const LOGIN_HINT = "log in with the official client (codex login), or set CODEX_CREDENTIALS_FILE";

/**
 * The credential file of this machine: `CODEX_CREDENTIALS_FILE` alone if it is set; else `codex-auth.json` in
 * `~/.scorpiox` (our own login), else the official client's `auth.json` in `$CODEX_HOME` or `~/.codex`. The first that
 * exists counts, good or bad. Nothing is written but the mode of a file that others could read.
 */
export function createLocalSource(options: SourceOptions): CredentialSource {
  return { name: "local", get: (request = {}) => getLocal(options, request) };
}

async function getLocal(options: SourceOptions, request: CredentialRequest): Promise<SourcedCredential> {
  const paths = listPaths(options);
  let found = await readFirst(paths, options, request.signal);
  if (isRejected(found, request)) {
    await pause(REREAD_AFTER_MS, request.signal);
    found = await readFirst(paths, options, request.signal);
  }
  const name = displayPath(found.path, options.home);
  if (isRejected(found, request)) {
    throw new CredentialError("login_needed", `the service refused the access token in ${name}; ${LOGIN_HINT}`);
  }
  checkLifetime(found, name, options.now(), request.minTtlMs ?? 0);
  return found;
}

function isRejected(found: Credential, { rejected }: CredentialRequest): boolean {
  return rejected?.accessToken === found.accessToken;
}

function listPaths({ settings, home, env }: SourceOptions): readonly string[] {
  const chosen = settings["CODEX_CREDENTIALS_FILE"];
  if (chosen !== undefined && chosen !== "") {
    const path = chosen.startsWith("~/") ? join(home, chosen.slice(2)) : chosen;
    if (isAbsolute(path)) return [path];
    throw new CredentialError(
      "configuration",
      `CODEX_CREDENTIALS_FILE is ${quoted(chosen)}; give an absolute path, or one that starts with ~/`,
    );
  }
  const codexHome = env["CODEX_HOME"] ?? "";
  if (codexHome !== "" && !isAbsolute(codexHome)) {
    throw new CredentialError(
      "configuration",
      `CODEX_HOME is ${quoted(codexHome)} (environment); give an absolute path`,
    );
  }
  return [
    join(scorpioxHome(env, home), "codex-auth.json"),
    join(codexHome === "" ? join(home, ".codex") : codexHome, "auth.json"),
  ];
}

async function readFirst(
  paths: readonly string[],
  { home }: SourceOptions,
  signal: AbortSignal | undefined,
): Promise<SourcedCredential> {
  for (const path of paths) {
    const name = displayPath(path, home);
    const file = await readCredentialFile(path, { name, signal });
    if (file === undefined) continue;
    const credential = parseCredential(file.text, { name, savedAtMs: file.savedAtMs });
    return { ...credential, source: "local", path, warnings: file.warnings };
  }
  const names = paths.map((path) => displayPath(path, home));
  const message =
    names.length === 1
      ? `CODEX_CREDENTIALS_FILE names ${names.join("")}, which does not exist; correct it, or log in with codex login`
      : `no Codex login on this machine, neither ${names.join(" nor ")}; ${LOGIN_HINT}`;
  throw new CredentialError("login_needed", message);
}

function checkLifetime(credential: Credential, name: string, nowMs: number, minTtlMs: number): void {
  const leftMs = remainingMs(credential, nowMs);
  if (leftMs === undefined) return;
  if (leftMs <= 0) {
    const when = new Date(nowMs + leftMs).toISOString();
    throw new CredentialError("login_needed", `the access token in ${name} expired at ${when}; ${LOGIN_HINT}`);
  }
  if (leftMs >= minTtlMs) return;
  const [left, wanted] = [Math.floor(leftMs / 1000), Math.ceil(minTtlMs / 1000)];
  throw new CredentialError(
    "ttl_too_short",
    `the access token in ${name} lives for ${left} s, less than the ${wanted} s asked for; use the official client once, which renews it`,
  );
}
