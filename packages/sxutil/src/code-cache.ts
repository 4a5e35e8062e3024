import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Script } from "node:vm";

/** What is to be loaded, and by whom. */
export interface LoadRequest {
  /** The command; entries of different commands do not replace each other. */
  readonly name: string;
  /** Absolute path of a CommonJS file whose last line is `//build ID`. Without that line nothing is cached. */
  readonly path: string;
  /** What the file gets as its `require`; it has to resolve from the file's own folder. */
  readonly require: NodeJS.Require;
  /** Absolute path of the folder for entries, made when needed; undefined: load plainly. */
  readonly folder: string | undefined;
  readonly runtime: Pick<NodeJS.Process, "arch" | "getuid" | "pid" | "platform" | "version">;
}

export interface LoadedFile {
  readonly exports: unknown;
  /** `used`: V8 took the entry. `rejected`: there was one, but not for this engine. */
  readonly cache: "off" | "absent" | "rejected" | "used";
  /**
   * Keeps what has been compiled so far for the next start; call it once, when the work is done. `ranMs` is how long
   * the work took. Never throws: a start without a cache is only slower.
   */
  save(ranMs: number): void;
}

/**
 * Loads a CommonJS file with the machine-near form that an earlier run left behind, so that it need not be parsed and
 * compiled again: for a bundle of half a megabyte that is most of the time before the first line runs.
 *
 * V8 checks an entry's own version, its flags and the length of the source, but neither the source's content nor
 * whether the entry is whole or who wrote it. So the file's build id is part of the name, an entry holds the code twice,
 * and folder and entry must belong to this user with nobody else allowed to write. Whatever is not as it should be,
 * the file is loaded plainly and silently.
 *
 * Which run is worth keeping: an entry holds just the functions that ran, so one left by `--version` would serve a real
 * run badly. It therefore remembers how long its run took. A run at least twice as long replaces it, which can happen
 * no more than ten times as the count ends at `LONG_RUN_MS`; and a run of that length or more replaces it whenever
 * that makes it a tenth larger. The short runs that happen most never pay for the comparison.
 */
export function loadThroughCache(request: LoadRequest): LoadedFile {
  const source = readFileSync(request.path, "utf8");
  const build = /\n\/\/build ([0-9a-f]{8,64})\s*$/.exec(source.slice(-100))?.[1];
  if (request.folder === undefined || build === undefined) {
    return { exports: request.require(request.path), cache: "off", save() {} };
  }
  const store = new EntryStore(request.folder, request, build);
  const entry = store.read();
  const options = entry === undefined ? {} : { cachedData: entry.code };
  const script = new Script(`${OPENING}${source}\n})`, {
    filename: request.path,
    columnOffset: -OPENING.length,
    ...options,
  });
  const rejected = script.cachedDataRejected === true;
  const file = { exports: {} as unknown };
  const run = script.runInThisContext() as ModuleFunction;
  run.call(file.exports, file.exports, request.require, file, request.path, dirname(request.path));
  return {
    exports: file.exports,
    cache: entry === undefined ? "absent" : rejected ? "rejected" : "used",
    save(ranMs) {
      const known = rejected ? undefined : entry;
      const weight = Math.min(Math.max(Math.ceil(ranMs), 1), LONG_RUN_MS);
      if (known !== undefined && weight < 2 * known.weight && weight < LONG_RUN_MS) return;
      const code = script.createCachedData();
      const grown = known === undefined || code.length > known.code.length * 1.1;
      if (grown || weight >= 2 * known.weight) store.write({ code, weight });
    },
  };
}

type ModuleFunction = (
  exports: unknown,
  require: NodeJS.Require,
  module: { exports: unknown },
  filename: string,
  folder: string,
) => void;

const OPENING = "(function (exports, require, module, __filename, __dirname) { ";

/** Beside half a second the few milliseconds of looking at what was compiled are nothing. */
const LONG_RUN_MS = 500;

/** Several versions of a command and of node may take turns in one home. */
const MAX_ENTRIES = 4;

const MAX_ENTRY_BYTES = 64 * 1024 * 1024;

/**
 * An entry is the code twice, then a mark and the weight, both 32 bits, little-endian. V8 does not notice flipped bits;
 * comparing two copies does, and costs less than loading anything that computes checksums.
 */
const TRAILER_BYTES = 8;
const MARK = 0x53584331;

interface Entry {
  readonly code: Buffer;
  /** How long the run took that left this entry, in milliseconds, at most `LONG_RUN_MS`. */
  readonly weight: number;
}

/** The entries in one folder; no method throws. */
class EntryStore {
  private readonly prefix: string;
  private readonly path: string;

  constructor(
    private readonly folder: string,
    private readonly request: LoadRequest,
    build: string,
  ) {
    const { version, platform, arch } = request.runtime;
    this.prefix = `${request.name}-v`;
    this.path = join(folder, `${request.name}-${version}-${platform}-${arch}-${build}.bin`);
  }

  read(): Entry | undefined {
    try {
      if (!this.isOurs(lstatSync(this.folder), "folder")) return undefined;
      const file = openSync(this.path, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        const stats = fstatSync(file);
        if (!this.isOurs(stats, "file") || stats.size > MAX_ENTRY_BYTES) return undefined;
        return this.decode(readFileSync(file));
      } finally {
        closeSync(file);
      }
    } catch {
      // No entry yet, or none that may be read: the file is compiled from its source.
      return undefined;
    }
  }

  write(entry: Entry): void {
    try {
      if (!this.prepareFolder()) return;
      const temp = `${this.path}.${this.request.runtime.pid}.tmp`;
      const file = openSync(temp, "wx", 0o600);
      try {
        writeFileSync(file, this.encode(entry));
        renameSync(temp, this.path);
      } catch (error) {
        unlinkSync(temp);
        throw error;
      } finally {
        closeSync(file);
      }
      this.removeOld();
    } catch {
      // A full disk, a read-only home: the next start is as slow as this one was.
    }
  }

  private decode(bytes: Buffer): Entry | undefined {
    const half = (bytes.length - TRAILER_BYTES) / 2;
    if (half <= 0 || !Number.isInteger(half) || bytes.readUInt32LE(2 * half) !== MARK) return undefined;
    const code = bytes.subarray(0, half);
    if (!code.equals(bytes.subarray(half, 2 * half))) return undefined;
    return { code, weight: bytes.readUInt32LE(2 * half + 4) };
  }

  private encode({ code, weight }: Entry): Buffer {
    const trailer = Buffer.alloc(TRAILER_BYTES);
    trailer.writeUInt32LE(MARK, 0);
    trailer.writeUInt32LE(weight, 4);
    return Buffer.concat([code, code, trailer]);
  }

  /** Makes the folder, but not in somebody else's home: root with a borrowed HOME leaves nothing behind there. */
  private prepareFolder(): boolean {
    let existing = this.folder;
    let stats = lstatSync(existing, { throwIfNoEntry: false });
    while (stats === undefined && dirname(existing) !== existing) {
      existing = dirname(existing);
      stats = lstatSync(existing, { throwIfNoEntry: false });
    }
    const uid = this.request.runtime.getuid?.();
    if (stats === undefined || (uid !== undefined && stats.uid !== uid)) return false;
    if (existing !== this.folder) mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    return this.isOurs(lstatSync(this.folder), "folder");
  }

  private isOurs(stats: Stats, kind: "file" | "folder"): boolean {
    const uid = this.request.runtime.getuid?.();
    const right = kind === "file" ? stats.isFile() : stats.isDirectory();
    return right && (uid === undefined || (stats.uid === uid && (stats.mode & 0o022) === 0));
  }

  /** Keeps the newest entries of this command, and drops what killed writers left behind a minute ago or earlier. */
  private removeOld(): void {
    const nowMs = lstatSync(this.path).mtimeMs;
    const entries: { path: string; mtimeMs: number }[] = [];
    for (const name of readdirSync(this.folder)) {
      if (!name.startsWith(this.prefix)) continue;
      const path = join(this.folder, name);
      const mtimeMs = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? nowMs;
      if (name.endsWith(".bin")) entries.push({ path, mtimeMs });
      else if (name.endsWith(".tmp") && nowMs - mtimeMs > 60_000) unlinkSync(path);
    }
    const newestFirst = entries.sort((a, b) => b.mtimeMs - a.mtimeMs);
    for (const { path } of newestFirst.slice(MAX_ENTRIES)) unlinkSync(path);
  }
}
