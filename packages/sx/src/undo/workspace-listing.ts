import { lstatSync, type Stats } from "node:fs";
import { readlink } from "node:fs/promises";
import { join } from "node:path";
import { readRegularFile } from "../files/regular-file.js";
import { walkFiles } from "../search/file-walk.js";
import { type FileState, fileState, NOTHING, readState, UNKNOWN } from "./file-state.js";

export interface ListingLimits {
  /** Names looked at for one listing. */
  readonly entries: number;
  /** For one walk, and again for the first copies. */
  readonly timeMs: number;
  /** Largest file of which a copy is held, in bytes. */
  readonly copyBytes: number;
  /** All copies together, in bytes of memory. */
  readonly copiesBytes: number;
}

const LISTING_LIMITS: ListingLimits = {
  entries: 50_000,
  timeMs: 1_000,
  copyBytes: 256 * 1024,
  copiesBytes: 16 * 1024 * 1024,
};

/** Two writes within one tick of the file system's clock leave the same time stamp. */
const TICK_MS = 20;
/** Looks between two breaks for everything else that wants to run. */
const BATCH = 256;

/** What tells that a file is the one that was seen: not its content, but all that changes with it. */
interface Seen {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: number;
  readonly mode: number;
  readonly isLink: boolean;
  /** It was changed so shortly before it was seen that a later change may not show. */
  readonly isFresh: boolean;
}

interface Copy {
  readonly seen: Seen;
  readonly bytes: Buffer;
}

/** The files of a workspace at one moment, without what git ignores. */
export interface Listing {
  readonly files: ReadonlyMap<string, Seen>;
  /** Why there may be more files, in words; absent when that is all. */
  readonly stopped?: string;
}

/** A file that differs between two listings. */
export interface ListedChange {
  readonly path: string;
  readonly before: FileState;
  readonly after: FileState;
  /** The contents of `before`, when there was a copy. */
  readonly bytes?: Buffer;
}

export interface LookOptions {
  readonly workspace: string;
  readonly hidden?: ((path: string) => boolean) | undefined;
  readonly signal: AbortSignal;
}

/**
 * Looks at a workspace before and after a command, and holds copies of its small files in memory in the meantime, so that
 * what the command does to them can be taken back. Files that changed last are copied first; when the room is used
 * up, the others have none.
 */
export class WorkspaceWatch {
  readonly #limits: ListingLimits;
  #copies = new Map<string, Copy>();
  #links = new Map<string, string>();

  constructor(limits: Partial<ListingLimits> = {}) {
    this.#limits = { ...LISTING_LIMITS, ...limits };
  }

  /** The listing before a command, with copies of what is small. @throws the signal's reason */
  async before(options: LookOptions): Promise<Listing> {
    const listing = await list(options, this.#limits);
    await this.#copy(listing, options.signal);
    return listing;
  }

  /** What has become different since. */
  async changesSince(before: Listing, options: LookOptions): Promise<{ changes: ListedChange[]; stopped?: string }> {
    const after = await list(options, this.#limits);
    const paths = new Set([...before.files.keys(), ...(before.stopped === undefined ? after.files.keys() : [])]);
    const changes: ListedChange[] = [];
    for (const path of paths) {
      const [old, now] = [before.files.get(path), after.files.get(path)];
      if (old !== undefined && now !== undefined && isUntouched(old, now) && !this.#isSuspect(path, old)) continue;
      const change = await this.#change(path, old);
      if (change !== undefined) changes.push(change);
    }
    const stopped = before.stopped ?? after.stopped;
    return stopped === undefined ? { changes } : { changes, stopped };
  }

  /** A content that may have changed without a trace is compared when there is something to compare it with. */
  #isSuspect(path: string, old: Seen): boolean {
    return old.isFresh && this.#copies.has(path);
  }

  async #change(path: string, old: Seen | undefined): Promise<ListedChange | undefined> {
    const { state: after } = await readState(path);
    if (old === undefined) return after.kind === "none" ? undefined : { path, before: NOTHING, after };
    if (old.isLink) {
      const target = this.#links.get(path);
      const before: FileState = target === undefined ? UNKNOWN : { kind: "link", target };
      return after.kind === "link" && after.target === target ? undefined : { path, before, after };
    }
    const copy = this.#copies.get(path);
    if (copy === undefined) {
      // A new time stamp alone is a change of the content, as far as anybody can tell.
      return { path, before: UNKNOWN, after };
    }
    const before = fileState(copy.bytes, old.mode);
    const isSame = after.kind === "file" && before.kind === "file" && after.hash === before.hash;
    if (isSame && after.mode === old.mode) return undefined;
    return { path, before, after, bytes: copy.bytes };
  }

  async #copy(listing: Listing, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + this.#limits.timeMs;
    const byAge = [...listing.files].sort(([, a], [, b]) => b.mtimeMs - a.mtimeMs);
    const copies = new Map<string, Copy>();
    const links = new Map<string, string>();
    let room = this.#limits.copiesBytes;
    for (const [index, [path, seen]] of byAge.entries()) {
      if (index % BATCH === BATCH - 1) await breathe(signal);
      if (seen.isLink) {
        // One that vanished just now is seen to be gone later.
        const target = await readlink(path).catch(() => undefined);
        if (target !== undefined) links.set(path, target);
        continue;
      }
      if (seen.size > this.#limits.copyBytes || seen.size > room) continue;
      const known = this.#copies.get(path);
      const isKnown = known !== undefined && isUntouched(known.seen, seen) && !known.seen.isFresh;
      if (!isKnown && performance.now() > deadline) continue;
      const bytes = isKnown ? known.bytes : read(path, this.#limits.copyBytes);
      if (bytes === undefined) continue;
      room -= bytes.length;
      copies.set(path, { seen, bytes });
    }
    this.#copies = copies;
    this.#links = links;
  }
}

async function list({ workspace, hidden, signal }: LookOptions, limits: ListingLimits): Promise<Listing> {
  const { entries, timeMs } = limits;
  const walk = await walkFiles({
    root: workspace,
    workspace,
    limits: { entries, timeMs },
    hidden,
    links: true,
    signal,
  });
  const files = new Map<string, Seen>();
  for (const [index, way] of walk.files.entries()) {
    if (index % BATCH === BATCH - 1) await breathe(signal);
    const path = join(workspace, way);
    const stats = lstatOrUndefined(path);
    if (stats === undefined || (!stats.isFile() && !stats.isSymbolicLink())) continue;
    const { size, mtimeMs, ctimeMs, ino } = stats;
    const isFresh = Date.now() - ctimeMs < TICK_MS;
    const mode = stats.mode & 0o777;
    files.set(path, { size, mtimeMs, ctimeMs, ino, mode, isLink: stats.isSymbolicLink(), isFresh });
  }
  return walk.stopped === undefined ? { files } : { files, stopped: walk.stopped };
}

function isUntouched(a: Seen, b: Seen): boolean {
  return (
    a.size === b.size &&
    a.mtimeMs === b.mtimeMs &&
    a.ctimeMs === b.ctimeMs &&
    a.ino === b.ino &&
    a.mode === b.mode &&
    a.isLink === b.isLink
  );
}

function lstatOrUndefined(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // Its folder was closed to us since it was listed.
    return undefined;
  }
}

function read(path: string, maxBytes: number): Buffer | undefined {
  try {
    return readRegularFile(path, path, { maxBytes }).bytes;
  } catch {
    // Not readable for us, or replaced just now: then there is no copy of it.
    return undefined;
  }
}

/** Lets everything else run for a moment. @throws the signal's reason */
async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}
