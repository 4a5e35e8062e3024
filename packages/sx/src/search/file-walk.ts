import { type Dirent, existsSync } from "node:fs";
import { opendir } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { FileFailure } from "../files/file-failure.js";
import { type IgnoreRules, parseIgnoreRules } from "./ignore-rules.js";
import { readRegularFile } from "../files/regular-file.js";
import { isInside } from "../files/workspace-path.js";

export interface WalkLimits {
  /** Names looked at, of every kind. */
  readonly entries: number;
  /** Folders below each other. */
  readonly depth: number;
  readonly timeMs: number;
}

const WALK_LIMITS: WalkLimits = { entries: 200_000, depth: 100, timeMs: 5000 };

export interface WalkOptions {
  /** Absolute real path of the folder to walk. */
  readonly root: string;
  /** Ignore files count from here down when `root` is inside and no git root lies between. */
  readonly workspace: string;
  readonly limits?: Partial<WalkLimits>;
  /** Absolute paths that are left out silently, with all that lies in them. */
  readonly hidden?: ((path: string) => boolean) | undefined;
  /** Which files are wanted, by path relative to `root`. */
  readonly accept?: (path: string) => boolean;
  /** Symbolic links count as files, unfollowed. */
  readonly links?: boolean;
  readonly signal: AbortSignal;
}

export interface WalkResult {
  /** Regular files, relative to `root`, in path order. Devices, pipes and sockets are not among them. */
  readonly files: readonly string[];
  /** Why the walk is not complete, in words; absent when it is. */
  readonly stopped?: string;
  /** Folders that could not be read, and names that are not UTF-8. */
  readonly unreadable: number;
}

/** Folders that are never entered: repositories' own data. */
const SKIPPED = new Set([".git", ".hg", ".svn", ".jj"]);
const IGNORE_FILES = [".gitignore", ".ignore"];
const MAX_IGNORE_BYTES = 1_000_000;
/** How far up a git root is looked for. */
const MAX_PARENTS = 32;

interface Level {
  readonly rules: IgnoreRules;
  /** Absolute path of the folder that the rules are relative to. */
  readonly folder: string;
}

interface Folder {
  readonly path: string;
  readonly depth: number;
  /** The nearest folder last. */
  readonly levels: readonly Level[];
}

/**
 * The files below a folder: no link is followed, ignored files and folders are left out as git would, and there is an
 * end to entries, depth and time. Which files are left out by the limit on entries is always the same for a tree.
 * @throws the signal's reason.
 */
export async function walkFiles(options: WalkOptions): Promise<WalkResult> {
  const limits = { ...WALK_LIMITS, ...options.limits };
  const deadline = performance.now() + limits.timeMs;
  const isOver = (): boolean => performance.now() >= deadline;
  const files: string[] = [];
  let stopped: string | undefined;
  let unreadable = 0;
  let seen = 0;
  const open: Folder[] = [{ path: options.root, depth: 0, levels: outerLevels(options.root, options.workspace) }];

  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    options.signal.throwIfAborted();
    const entries = await readFolder(folder.path, limits.entries - seen);
    if (entries === undefined) {
      unreadable += 1;
      continue;
    }
    seen += entries.length;
    const levels = ownLevels(folder, entries);
    const below: Folder[] = [];
    for (const entry of entries) {
      // For each name: one folder may hold all there are, and a hostile rule may be slow.
      if (isOver()) break;
      const isFolder = entry.isDirectory();
      const isWanted = isFolder || entry.isFile() || (options.links === true && entry.isSymbolicLink());
      if (!isWanted || SKIPPED.has(entry.name)) continue;
      const path = join(folder.path, entry.name);
      if (entry.name.includes("\ufffd")) unreadable += 1;
      else if (isIgnored(path, isFolder, levels, isOver) || options.hidden?.(path) === true) continue;
      else if (!isFolder) {
        const way = toWay(options.root, path);
        if (options.accept?.(way) !== false) files.push(way);
      } else if (folder.depth < limits.depth) below.push({ path, depth: folder.depth + 1, levels });
      else stopped = `folders deeper than ${limits.depth} were left out`;
    }
    for (const next of below.toReversed()) open.push(next);
    if (isOver()) {
      stopped = `stopped after ${limits.timeMs / 1000} s`;
      break;
    }
    if (seen >= limits.entries) {
      stopped = `stopped after ${limits.entries} entries`;
      break;
    }
  }
  files.sort();
  return { files, unreadable, ...(stopped === undefined ? {} : { stopped }) };
}

/** The entries of a folder by name, at most `most` of them; `undefined` when it cannot be read. */
async function readFolder(path: string, most: number): Promise<Dirent[] | undefined> {
  try {
    const entries: Dirent[] = [];
    // Read in parts: one folder of millions of names must not fill the memory.
    for await (const entry of await opendir(path, { bufferSize: 1024 })) {
      entries.push(entry);
      if (entries.length >= most) break;
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    // Vanished or closed to us since it was listed; it is counted, and the walk goes on.
    return undefined;
  }
}

/** Of a name whose rules are so slow that the time is over before they are through, nothing is told. */
function isIgnored(path: string, isFolder: boolean, levels: readonly Level[], isOver: () => boolean): boolean {
  for (let at = levels.length - 1; at >= 0; at -= 1) {
    if (isOver()) return true;
    const level = levels[at];
    const decided = level?.rules.decide(toWay(level.folder, path), isFolder);
    if (decided !== undefined) return decided;
  }
  return false;
}

function ownLevels(folder: Folder, entries: readonly Dirent[]): readonly Level[] {
  if (!entries.some((entry) => entry.name === ".gitignore" || entry.name === ".ignore")) return folder.levels;
  const rules = readRules(folder.path, IGNORE_FILES);
  return rules === undefined ? folder.levels : [...folder.levels, { rules, folder: folder.path }];
}

/** The ignore files of the folders above `root`: from its git root, else from the workspace when it is inside. */
function outerLevels(root: string, workspace: string): Level[] {
  const parents: string[] = [];
  let gitRoot: string | undefined;
  let folder = root;
  for (let count = 0; count < MAX_PARENTS && gitRoot === undefined; count += 1) {
    parents.unshift(folder);
    if (existsSync(join(folder, ".git"))) gitRoot = folder;
    const parent = dirname(folder);
    if (parent === folder) break;
    folder = parent;
  }
  const top = gitRoot ?? (isInside(workspace, root) ? workspace : root);
  const levels: Level[] = [];
  const exclude = gitRoot === undefined ? undefined : readRules(gitRoot, [".git/info/exclude"]);
  if (gitRoot !== undefined && exclude !== undefined) levels.push({ rules: exclude, folder: gitRoot });
  for (const parent of parents) {
    // The root's own files are read when its turn comes.
    if (parent === root || !isInside(top, parent)) continue;
    const rules = readRules(parent, IGNORE_FILES);
    if (rules !== undefined) levels.push({ rules, folder: parent });
  }
  return levels;
}

/** What the files of these names say together, the later ones last; `undefined` when none can be read. */
function readRules(folder: string, names: readonly string[]): IgnoreRules | undefined {
  const texts: string[] = [];
  for (const name of names) {
    try {
      const path = join(folder, name);
      texts.push(readRegularFile(path, name, { maxBytes: MAX_IGNORE_BYTES }).bytes.toString("utf8"));
    } catch (error) {
      // Absent mostly; a folder, a pipe, a link or a giant of that name is no list of rules.
      if (!(error instanceof FileFailure)) throw error;
    }
  }
  return texts.length === 0 ? undefined : parseIgnoreRules(texts.join("\n"));
}

/** From a folder to a path below it, with `/`. */
function toWay(folder: string, path: string): string {
  const way = path.startsWith(folder + sep) ? path.slice(folder.length + 1) : relative(folder, path);
  return sep === "/" ? way : way.replaceAll(sep, "/");
}
