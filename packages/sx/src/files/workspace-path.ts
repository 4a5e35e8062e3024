import { lstat, readlink, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { FileFailure } from "./file-failure.js";

/** As many links as Linux follows before it gives up. */
const MAX_LINKS = 40;

/**
 * Whether `path` is `root` or below it, compared name by name, so that `/a/bc` is not inside `/a/b`. Both are absolute
 * and already resolved: a link or a `..` is not looked through here.
 */
export function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/**
 * A path as the model gave it, as an absolute one: relative to `base`, `~/` is the home folder, `..` is taken away by
 * spelling. Touches no disk.
 * @throws FileFailure `bad_path` for an empty path and for one with a NUL.
 */
export function absolutePath(base: string, home: string, given: string): string {
  if (given === "") throw new FileFailure("bad_path", "path is empty; give a file or folder");
  if (given.includes("\0")) throw new FileFailure("bad_path", "path contains a NUL character");
  if (given === "~" || given.startsWith("~/")) return resolve(home, given.slice(2));
  return resolve(base, given);
}

/**
 * Where `path` (absolute) leads once every link is followed, also when its last parts do not exist yet: the deepest
 * existing parent is resolved by the system, and a dangling link by hand, so that a write through it is judged by the
 * place that it would create.
 * @throws FileFailure `bad_path` for a loop of links and for a parent that is not a folder.
 */
export async function realTarget(path: string): Promise<string> {
  return follow(path, 0);
}

async function follow(path: string, links: number): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === "ELOOP" || links > MAX_LINKS) throw new FileFailure("bad_path", `${path} is a loop of links`);
    if (code === "ENOTDIR") throw new FileFailure("bad_path", `a parent of ${path} is a file, not a folder`);
    if (code !== "ENOENT")
      throw new FileFailure("unreadable", `${path} cannot be resolved (${code})`, { cause: error });
  }
  const parent = dirname(path);
  if (parent === path) return path;
  const here = join(await follow(parent, links), basename(path));
  const link = await linkTarget(here);
  return link === undefined ? here : follow(resolve(dirname(here), link), links + 1);
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
  } catch {
    // Nothing is there: the usual case of a file that is about to be created.
    return undefined;
  }
}

/** How a path is shown to the model: relative to the workspace where it is inside, else absolute. */
export function displayPath(workspace: string, path: string): string {
  if (!isInside(workspace, path)) return plainName(path);
  return plainName(relative(workspace, path)) || ".";
}

/** A name on one line: control characters, which a hostile file name may hold, become visible escapes. */
export function plainName(name: string): string {
  // The two separators count as line ends for some readers.
  return name.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** The system's word for an error, for example `ENOENT`; `unknown` for anything else. */
export function errorCode(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "unknown";
}
