import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  type Stats,
} from "node:fs";
import { FileFailure } from "./file-failure.js";
import { errorCode } from "./workspace-path.js";

/** Bytes of a file together with what the system said about it while it was open. */
export interface FileBytes {
  readonly bytes: Buffer;
  readonly stats: BigIntStats;
}

export interface ReadBounds {
  /** A larger file is refused as `too_large`; a file that grows while it is read is, too. */
  readonly maxBytes: number;
  /** Read only this many bytes from the start and never refuse for size. */
  readonly headBytes?: number;
  /** Judges the opened file before a byte is read; throws to refuse. */
  readonly judge?: (stats: BigIntStats) => void;
}

/** What is read at once beyond the expected size, in bytes. */
const CHUNK = 64 * 1024;

/**
 * Reads a regular file without ever waiting on anything else: a FIFO, a socket, a device and a folder are refused
 * unopened, the last link is not followed, and a parent that was swapped for a link after `real` was resolved is
 * noticed. Synchronous on purpose: a check and its use with nothing in between, and cheaper than four trips to the
 * thread pool. `shown` is the name for messages.
 * @throws FileFailure `not_found`, `not_a_file`, `unreadable` or `too_large`.
 */
export function readRegularFile(real: string, shown: string, bounds: ReadBounds): FileBytes {
  let fd: number | undefined;
  try {
    refuseSpecial(lstatSync(real), shown);
    fd = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY);
    const stats = fstatSync(fd, { bigint: true });
    refuseSpecial(stats, shown);
    refuseMoved(fd, real, shown);
    bounds.judge?.(stats);
    if (bounds.headBytes !== undefined) return { bytes: readUpTo(fd, bounds.headBytes, 0), stats };
    if (stats.size > BigInt(bounds.maxBytes)) throw tooLarge(shown, Number(stats.size), bounds.maxBytes);
    const bytes = readUpTo(fd, bounds.maxBytes + 1, Number(stats.size));
    if (bytes.length > bounds.maxBytes) throw tooLarge(shown, bytes.length, bounds.maxBytes);
    return { bytes, stats };
  } catch (error) {
    if (error instanceof FileFailure) throw error;
    throw readFailure(error, shown);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** A size for people: `812 bytes`, `3.4 MB`. Decimal units. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const units = ["KB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit] ?? ""}`;
}

/** Reads to the end, or to `maxBytes`. `expected` is only a hint: files of /proc say 0, and a file may grow. */
function readUpTo(fd: number, maxBytes: number, expected: number): Buffer {
  const chunks: Buffer[] = [];
  let total = 0;
  // One byte more than expected, so that the end shows itself in the same buffer.
  let size = expected > 0 ? expected + 1 : CHUNK;
  while (total < maxBytes) {
    const chunk = Buffer.allocUnsafe(Math.min(size, maxBytes - total));
    const filled = fill(fd, chunk);
    chunks.push(chunk.subarray(0, filled));
    total += filled;
    if (filled < chunk.length) break;
    size = CHUNK;
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}

/** Reads until the buffer is full or the file ends; returns how much that was. */
function fill(fd: number, buffer: Buffer): number {
  let at = 0;
  while (at < buffer.length) {
    const count = readSync(fd, buffer, at, buffer.length - at, null);
    if (count === 0) break;
    at += count;
  }
  return at;
}

function refuseSpecial(stats: Stats | BigIntStats, shown: string): void {
  if (stats.isFile()) return;
  throw new FileFailure("not_a_file", `${shown} is ${kindOf(stats)}, not a regular file`);
}

function kindOf(stats: Stats | BigIntStats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a named pipe";
  if (stats.isSocket()) return "a socket";
  if (stats.isSymbolicLink()) return "a symbolic link";
  return "a device";
}

/** Where the system can tell, the file that is open must be the one that was judged by its path. */
function refuseMoved(fd: number, real: string, shown: string): void {
  let opened: string;
  try {
    opened = readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    // No /proc on this system; the check by path before the open is all there is.
    return;
  }
  if (opened !== real)
    throw new FileFailure("unreadable", `${shown} was moved or replaced while it was opened; try again`);
}

function tooLarge(shown: string, size: number, maxBytes: number): FileFailure {
  return new FileFailure("too_large", `${shown} is ${formatBytes(size)}; the limit is ${formatBytes(maxBytes)}`);
}

function readFailure(error: unknown, shown: string): FileFailure {
  const code = errorCode(error);
  if (code === "ENOENT") return new FileFailure("not_found", `${shown} does not exist`, { cause: error });
  if (code === "ELOOP") return new FileFailure("not_a_file", `${shown} is a symbolic link, not a regular file`);
  if (code === "ENOTDIR") return new FileFailure("bad_path", `a parent of ${shown} is a file, not a folder`);
  return new FileFailure("unreadable", `${shown} cannot be read (${code})`, { cause: error });
}
