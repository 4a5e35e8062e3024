export interface ColorQuestion {
  /** `--color` or `--no-color`, when one was given. */
  readonly flag: boolean | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the very stream that is written to is a terminal. */
  readonly isTTY: boolean | undefined;
}

/**
 * Whether to colour a stream. The first that has an opinion wins: the flag, NO_COLOR (not empty: off), FORCE_COLOR or
 * CLICOLOR_FORCE (not empty and not `0`: on), TERM=dumb (off), the stream.
 */
export function colorDecision({ flag, env, isTTY }: ColorQuestion): boolean {
  if (flag !== undefined) return flag;
  if (env["NO_COLOR"]) return false;
  if (isForced(env["FORCE_COLOR"]) || isForced(env["CLICOLOR_FORCE"])) return true;
  if (env["TERM"] === "dumb") return false;
  return isTTY === true;
}

function isForced(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0";
}
