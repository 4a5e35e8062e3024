import { displayPath } from "./paths.js";

/** The levels of the configuration, lowest first: each one wins over those before it. */
export type Tier = "default" | "global" | "user" | "project" | "profile" | "environment" | "command line";

/** Where a value is from. */
export interface Origin {
  readonly tier: Tier;
  /** Absolute; only for a value from a file. */
  readonly path?: string;
  /** 1 is the first line. */
  readonly line?: number;
  /** Set when the file belongs to the project folder: also true of a project's own profile. */
  readonly fromProject?: boolean;
}

/** An origin for people: `(user tier, ~/.claude/scorpiox-env.txt line 4)`, `(environment)`. */
export function describeOrigin(origin: Origin, home: string): string {
  if (origin.path === undefined) return `(${origin.tier})`;
  const line = origin.line === undefined ? "" : ` line ${origin.line}`;
  return `(${origin.tier} tier, ${displayPath(origin.path, home)}${line})`;
}
