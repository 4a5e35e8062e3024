import {
  type Configuration,
  displayPath,
  findKey,
  type IgnoredSetting,
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

/** A value in a JSON document: a secret masked, everything else as it is. */
export function jsonValue(key: string, value: string, reveal = false): string {
  const spec = findKey(key);
  return spec !== undefined && isSecret(spec) && !reveal ? maskSecret(value) : value;
}

/**
 * What `--show-origin` adds below a value: the values that it hides but for defaults, nearest first, and those of its key that do not
 * count, with the reason. A line each, indented.
 */
export function shownBelow(key: string, configuration: Configuration, reveal: boolean, io: Io): readonly string[] {
  const shadows = (configuration.resolve(key)?.shadows ?? []).filter(({ tier }) => tier !== "default");
  const hidden = shadows.map(
    (shadow) => `  hides ${shownValue(key, shadow.value, reveal)} (${shownOrigin(shadow, io)})`,
  );
  const ignored = configuration.ignored.filter((setting) => setting.key === key);
  return [
    ...hidden,
    ...ignored.map(({ value, reason, ...origin }) => {
      const shown = value === undefined ? "a secret" : shownValue(key, value, reveal);
      return `  ignored: ${shown} (${shownOrigin(origin, io)}), ${REASONS[reason]}`;
    }),
  ];
}

const REASONS: Readonly<Record<IgnoredSetting["reason"], string>> = {
  untrusted: "until scorpiox-config trust allows it",
  never: "because no project may set it",
  redirected: "because it would go to a host that it is not for",
};

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
