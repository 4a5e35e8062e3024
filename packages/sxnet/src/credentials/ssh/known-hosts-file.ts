import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { currentUserId, displayPath, withFileLock } from "@scorpiox/sxutil";
import { CredentialError } from "../credential-error.js";
import {
  buildKnownHostLine,
  type HostKeyVerdict,
  judgeHostKey,
  type KnownHosts,
  parseKnownHosts,
} from "./known-hosts.js";

const MAX_BYTES = 16 * 1024 * 1024;
const LOCK_WAIT_MS = 20_000;

/**
 * Reads several files as one; one that does not exist is empty. What cannot be read is never taken for empty: then no
 * host could be told from a stranger.
 * @throws CredentialError `host_key`, which names `key`: the setting that chooses another file
 */
export async function readKnownHosts(
  paths: readonly string[],
  home: string,
  key = "CODEX_SSH_KNOWN_HOSTS",
): Promise<KnownHosts> {
  const files = await Promise.all(paths.map((path) => readOne(path, home, key)));
  return { lines: files.flatMap(({ lines }) => lines), faults: files.flatMap(({ faults }) => faults) };
}

async function readOne(path: string, home: string, key: string): Promise<KnownHosts> {
  const name = displayPath(path, home);
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const info = await file.stat();
      const userId = currentUserId();
      if (!info.isFile()) throw unusable(name, key, "it is not a regular file");
      if (info.size > MAX_BYTES) throw unusable(name, key, "it is larger than 16 MiB");
      if (userId !== undefined && info.uid !== userId && info.uid !== 0)
        throw unusable(name, key, `it belongs to another user (id ${info.uid})`);
      if (userId !== undefined && (info.mode & 0o002) !== 0) throw unusable(name, key, "everybody may write to it");
      return parseKnownHosts(await file.readFile("utf8"), path);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof CredentialError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return { lines: [], faults: [] };
    throw unusable(name, key, code === "EACCES" ? "permission denied" : (code ?? message), error);
  }
}

function unusable(name: string, key: string, why: string, cause?: unknown): CredentialError {
  const message = `cannot check the host key, as ${name} cannot be used: ${why}; mend it, or set ${key}`;
  return new CredentialError("host_key", message, { cause });
}

export interface NewKnownHost {
  /** As `knownHostName` makes it. */
  readonly name: string;
  readonly key: Buffer;
  /** Whether the name is to be kept as a hash. */
  readonly hashed: boolean;
}

/**
 * Adds a host to the file at `path`, unless another process has done so meanwhile: all that ask at once add one line.
 * What is in the file is never touched.
 * @returns what the file says about the key after all: only `known` may be trusted.
 * @throws CredentialError `host_key`; Failure `lock_busy` when the file stays locked; the signal's reason on abort.
 */
export async function addKnownHost(
  path: string,
  host: NewKnownHost,
  context: { readonly home: string; readonly key?: string; readonly signal?: AbortSignal },
): Promise<HostKeyVerdict> {
  const { home, signal, key = "CODEX_SSH_KNOWN_HOSTS" } = context;
  const what = displayPath(path, home);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    throw unusable(what, key, error.code ?? error.message, error);
  });
  return withFileLock(path, { waitMs: LOCK_WAIT_MS, what, ...(signal === undefined ? {} : { signal }) }, async () => {
    const verdict = judgeHostKey(await readOne(path, home, key), host.name, host.key);
    if (verdict.kind !== "unknown" || verdict.types.length > 0) return verdict;
    const line = buildKnownHostLine(host.name, host.key, host.hashed ? randomBytes(20) : undefined);
    try {
      await appendLine(path, line);
    } catch (error) {
      throw unusable(what, key, (error as NodeJS.ErrnoException).code ?? "the line was written in part", error);
    }
    return judgeHostKey(await readOne(path, home, key), host.name, host.key);
  });
}

/** One write at the end, where also `ssh` writes. A line of which only a part found room is taken back. */
async function appendLine(path: string, line: string): Promise<void> {
  const file = await open(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600);
  try {
    const { size } = await file.stat();
    const last = size === 0 ? undefined : (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer;
    const bytes = Buffer.from(`${last === undefined || last[0] === 0x0a ? "" : "\n"}${line}\n`);
    const { bytesWritten } = await file.write(bytes);
    if (bytesWritten < bytes.length) {
      await file.truncate(size);
      throw new Error("no space left");
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
