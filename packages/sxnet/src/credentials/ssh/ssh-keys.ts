import { constants } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import type { Socket } from "node:net";
import { currentUserId } from "@scorpiox/sxutil";
import type * as Ssh2 from "ssh2";

/** The parts of `ssh2` that are used; handed in, as the library is loaded by its only user and when it is used. */
export type Ssh2Library = Pick<typeof Ssh2, "Client" | "OpenSSHAgent" | "utils">;

const MAX_KEY_BYTES = 64 * 1024;

/** A private key file as it was found; nothing is decrypted yet. */
export interface KeyFile {
  readonly text: Buffer;
}

/**
 * Reads a private key as `ssh` would: only a regular file of this user or root that nobody else may read.
 * @returns the file, undefined when there is none, or in a few words why it cannot be used.
 */
export async function readKeyFile(path: string): Promise<KeyFile | string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const info = await file.stat();
      const userId = currentUserId();
      if (!info.isFile()) return "is not a regular file";
      if (info.size > MAX_KEY_BYTES) return "is too large for a key";
      if (userId !== undefined && info.uid !== userId && info.uid !== 0) return "belongs to another user";
      if (userId !== undefined && (info.mode & 0o077) !== 0)
        return `is open to other users (mode ${(info.mode & 0o777).toString(8)}); make it private with chmod 600`;
      return { text: await file.readFile() };
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    return `cannot be read: ${code ?? message}`;
  }
}

/** The key itself; `encrypted` when it takes a passphrase that was not given or not the right one; else why not. */
export function parsePrivateKey(
  ssh2: Ssh2Library,
  file: KeyFile,
  passphrase: string | undefined,
): Ssh2.ParsedKey | "encrypted" | "wrong passphrase" | "unknown format" {
  const parsed = ssh2.utils.parseKey(file.text, passphrase) as Ssh2.ParsedKey | Ssh2.ParsedKey[] | Error;
  if (parsed instanceof Error) {
    if (/no passphrase given/u.test(parsed.message)) return "encrypted";
    return /passphrase|integrity|decrypt/iu.test(parsed.message) ? "wrong passphrase" : "unknown format";
  }
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  return key?.isPrivateKey() === true ? key : "unknown format";
}

/** An agent that is asked, and the means to let go of it. */
export interface SshAgent {
  readonly agent: Ssh2.BaseAgent;
  /** Ends every conversation with the agent that is still open. */
  close(): void;
}

/**
 * The agent behind a socket; undefined when there is nothing like one at `path`. With `only`, the rest of its keys are
 * left alone: a server counts every key that is shown to it.
 */
export async function openAgent(
  ssh2: Ssh2Library,
  path: string,
  only: readonly Buffer[] | undefined,
): Promise<SshAgent | undefined> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isSocket() !== true) return undefined;
  const sockets = new Set<Socket>();
  class BoundedAgent extends ssh2.OpenSSHAgent {
    override getStream(callback: Ssh2.GetStreamCallback): void {
      super.getStream((error, stream) => {
        if (stream !== undefined && stream !== null) sockets.add(stream as unknown as Socket);
        callback(error, stream);
      });
    }

    override getIdentities(callback: Parameters<Ssh2.OpenSSHAgent["getIdentities"]>[0]): void {
      super.getIdentities((error, keys) => {
        // What its types call entries is for agents that are written for it; this one lists parsed keys.
        const listed = (keys ?? []) as Ssh2.ParsedKey[];
        callback(error, only === undefined ? listed : listed.filter((key) => includes(only, key.getPublicSSH())));
      });
    }
  }
  return {
    agent: new BoundedAgent(path),
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function includes(keys: readonly Buffer[], key: Buffer): boolean {
  return keys.some((one) => one.equals(key));
}

/** The public halves of key files, from `FILE.pub` or from keys that need no passphrase; in SSH's wire form. */
export async function readPublicKeys(ssh2: Ssh2Library, paths: readonly string[]): Promise<readonly Buffer[]> {
  const found: Buffer[] = [];
  for (const path of paths) {
    const text = await readFile(`${path}.pub`).catch(() => undefined);
    const file = text === undefined ? await readKeyFile(path) : { text };
    if (file === undefined || typeof file === "string") continue;
    const parsed = ssh2.utils.parseKey(file.text) as Ssh2.ParsedKey | Ssh2.ParsedKey[] | Error;
    const key = Array.isArray(parsed) ? parsed[0] : parsed;
    if (key !== undefined && !(key instanceof Error)) found.push(key.getPublicSSH());
  }
  return found;
}
