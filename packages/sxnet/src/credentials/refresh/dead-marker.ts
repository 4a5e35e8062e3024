import { readFile, realpath, rm } from "node:fs/promises";
import { writeFileAtomic } from "@scorpiox/sxutil";
import { isJsonObject } from "../jwt.js";

/** What happened to the last exchange of one refresh token; kept beside the credential file, as `FILE.refused`. */
export interface RefreshMarker {
  /** The authority's word, or ours: letters, digits and `_`. */
  readonly code: string;
  /** When it happened, in Unix milliseconds. */
  readonly atMs: number;
  /** Before this moment nobody tries again; absent: this refresh token is dead for good. */
  readonly untilMs?: number;
  /** What to tell others, for one that ends; a line for people. */
  readonly message?: string;
}

/** No failure keeps others from trying for longer than this, whatever a server or a file says. */
const MAX_DELAY_MS = 300_000;

export interface MarkedToken {
  /** The credential file. */
  readonly path: string;
  readonly refreshToken: string;
  /** The token endpoint that was asked; what one says of a token means nothing to another. */
  readonly url: string;
}

/** For comparing secrets without showing them. */
export async function sha256(secret: string): Promise<string> {
  const { createHash } = await import("node:crypto");
  return createHash("sha256").update(secret).digest("hex");
}

/** What is known about this very refresh token; undefined when nothing is, or when the time to wait is over. */
export async function readMarker(token: MarkedToken, nowMs: number): Promise<RefreshMarker | undefined> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(await markerPath(token.path), "utf8"));
  } catch {
    // None, or an unreadable one: then the authority is asked, which does no more than cost a request.
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const { refresh_token_sha256: hash, url, code, at, until, message } = value;
  if (hash !== (await sha256(token.refreshToken)) || url !== token.url) return undefined;
  if (typeof code !== "string" || !/^\w{1,64}$/u.test(code) || typeof at !== "number") return undefined;
  if (until === undefined) return { code, atMs: at };
  if (typeof until !== "number" || typeof message !== "string") return undefined;
  // Also over when the clock was set back before the moment it was written.
  const isOver = nowMs >= Math.min(until, at + MAX_DELAY_MS) || nowMs < at;
  return isOver ? undefined : { code, atMs: at, untilMs: until, message };
}

/** Tells everybody who comes later; under the lock of the credential file. Never throws. */
export async function writeMarker(token: MarkedToken, marker: RefreshMarker): Promise<void> {
  const value = {
    refresh_token_sha256: await sha256(token.refreshToken),
    url: token.url,
    code: marker.code,
    at: marker.atMs,
    ...(marker.untilMs === undefined ? {} : { until: marker.untilMs, message: marker.message ?? "" }),
  };
  try {
    await writeFileAtomic(await markerPath(token.path), `${JSON.stringify(value)}\n`, { mode: 0o600 });
  } catch {
    // Without it the next process asks once more and hears the same.
  }
}

/** After a good exchange, a new login or a logout. Never throws: a marker of another token is not looked at. */
export async function removeMarker(path: string): Promise<void> {
  try {
    await rm(await markerPath(path), { force: true });
  } catch {
    // It names a refresh token that is gone.
  }
}

/** One marker for all spellings of a path. */
async function markerPath(path: string): Promise<string> {
  return `${await realpath(path).catch(() => path)}.refused`;
}
