import { isAbsolute, join, relative, sep } from "node:path";

export interface Places {
  /** Absolute. */
  readonly home: string;
  /** Absolute. */
  readonly cwd: string;
}

/** A path as a person says it: from the working folder when it is inside, else from home. */
export function shortPath(path: string, { home, cwd }: Places): string {
  if (!isAbsolute(path)) return path.startsWith(`.${sep}`) ? path.slice(2) : path;
  const inside = relative(cwd, path);
  if (inside === "") return ".";
  if (isBelow(inside)) return inside;
  return homePath(path, home);
}

/** An absolute path with `~` for home. */
export function homePath(path: string, home: string): string {
  const inside = relative(home, path);
  if (inside === "") return "~";
  return home !== "/" && isBelow(inside) ? join("~", inside) : path;
}

function isBelow(path: string): boolean {
  return !isAbsolute(path) && path !== ".." && !path.startsWith(`..${sep}`);
}
