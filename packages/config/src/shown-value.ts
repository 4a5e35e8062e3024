import {
  displayPath,
  findKey,
  type Io,
  isSecret,
  maskSecret,
  oneLine,
  type Origin,
  type Resolved,
  UsageError,
} from "@scorpiox/sxutil";
import type { ConfigOptions } from "./args.js";

/** Whether secrets are shown. @throws UsageError for `--reveal` where the output is not seen but kept. */
export function mayReveal(options: ConfigOptions, io: Io): boolean {
  if (!options.reveal) return false;
  if (io.stdout.isTTY === true) return true;
  throw new UsageError("--reveal shows secrets on a terminal only; read the file itself where a program needs one");
}

/** A value as it may be printed: a secret masked, and on one line. */
export function shownValue(key: string, value: string, reveal: boolean): string {
  const spec = findKey(key);
  const masked = spec !== undefined && isSecret(spec) && !reveal;
  return masked ? maskSecret(value) : oneLine(value, Number.MAX_SAFE_INTEGER);
}

/** `user ~/.scorpiox/scorpiox-env.txt:4`, `environment`. */
export function shownOrigin(origin: Origin, io: Io): string {
  if (origin.path === undefined) return origin.tier;
  return `${origin.tier} ${displayPath(origin.path, io.home)}${origin.line === undefined ? "" : `:${origin.line}`}`;
}

/** A resolved value as JSON: what `get --json` prints and `list --json` lists. */
export interface JsonValue {
  readonly key: string;
  readonly value: string;
  readonly secret: boolean;
  readonly tier: string;
  readonly path: string | null;
  readonly line: number | null;
  readonly shadows: readonly {
    readonly value: string;
    readonly tier: string;
    readonly path: string | null;
    readonly line: number | null;
  }[];
}

export function toJson(resolved: Resolved, reveal: boolean): JsonValue {
  const { key } = resolved;
  const spec = findKey(key);
  const secret = spec !== undefined && isSecret(spec);
  const place = ({ value, tier, path, line }: Origin & { readonly value: string }) => ({
    value: secret && !reveal ? maskSecret(value) : value,
    tier,
    path: path ?? null,
    line: line ?? null,
  });
  return { key, secret, ...place(resolved), shadows: resolved.shadows.map(place) };
}
