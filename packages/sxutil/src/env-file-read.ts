import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { decodeEnvFile, parseEnvFile, type ParsedEnvFile } from "./env-file.js";
import { ConfigurationError } from "./failure.js";
import { oneLine } from "./one-line.js";

/** A configuration file as it was on disk. */
export interface EnvFile extends ParsedEnvFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** The same as text, with a byte-order mark where there was one. */
  readonly text: string;
}

// Nobody writes settings of this size by hand.
const MAX_ENV_FILE_BYTES = 32 * 1024 * 1024;

/**
 * Reads one configuration file; `undefined` when there is none. Never waits, whatever the name leads to. Synchronous,
 * because it is on the start path of every command. `shown` is how messages name the file.
 * @throws ConfigurationError when it is no regular file, cannot be read, is too large, or breaks the grammar.
 */
export function readEnvFile(path: string, shown: string = path): EnvFile | undefined {
  const bytes = readRegularFile(path, shown);
  if (bytes === undefined) return undefined;
  const text = decodeEnvFile(bytes, path, shown);
  return { path, bytes, text, ...parseEnvFile(text, path, shown) };
}

/** The bytes of a regular file of at most `maxBytes`, with the same care. @throws ConfigurationError */
export function readSmallFile(path: string, shown: string, maxBytes: number): Uint8Array | undefined {
  const bytes = readRegularFile(path, shown);
  if (bytes === undefined || bytes.length <= maxBytes) return bytes;
  throw new ConfigurationError(`${oneLine(shown, 300)} is larger than ${maxBytes} bytes; remove it`, { path });
}

function readRegularFile(path: string, shown: string): Uint8Array | undefined {
  let descriptor: number | undefined;
  try {
    const before = statSync(path, { throwIfNoEntry: false });
    if (before === undefined) return undefined;
    // Looked at before opening, because opening a device can already do something; and again after, because the name
    // may lead elsewhere by then. O_NONBLOCK: a FIFO without a writer would otherwise hold the open for ever.
    refuseUnless(before, path, shown);
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const after = fstatSync(descriptor);
    refuseUnless(after, path, shown);
    return readAll(descriptor, after.size, path, shown);
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new ConfigurationError(
      `cannot read ${oneLine(shown, 300)}: ${WORDS[code] ?? code}; correct it or remove the file`,
      {
        path,
        cause: error,
      },
    );
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function refuseUnless(stats: Stats, path: string, shown: string): void {
  if (stats.isFile() && stats.size <= MAX_ENV_FILE_BYTES) return;
  throw refusal(stats.isFile() ? "it is larger than 32 MiB" : `it is ${kindOf(stats)}`, path, shown);
}

function readAll(descriptor: number, expectedBytes: number, path: string, shown: string): Uint8Array {
  let buffer = Buffer.allocUnsafe(expectedBytes + 1);
  let length = 0;
  for (;;) {
    const count = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (count === 0) return buffer.subarray(0, length);
    length += count;
    if (length > MAX_ENV_FILE_BYTES) throw refusal("it is larger than 32 MiB", path, shown);
    // The file grew since it was measured.
    if (length === buffer.length) buffer = Buffer.concat([buffer], length * 2);
  }
}

function refusal(what: string, path: string, shown: string): ConfigurationError {
  return new ConfigurationError(
    `cannot read ${oneLine(shown, 300)}: ${what}; a configuration file is a small text file`,
    {
      path,
    },
  );
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a named pipe";
  if (stats.isSocket()) return "a socket";
  return "a device";
}

const WORDS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  ELOOP: "its symbolic links run in a circle",
  ENAMETOOLONG: "its name is too long",
  EIO: "the disk reports an error",
};

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : String(error);
}
