import { oneLine } from "@scorpiox/sxutil";
import { ProviderError } from "../../errors.js";
import type { HttpClient } from "../../http.js";
import type { Settings } from "../../types.js";
import type { JsonObject } from "../jwt.js";
import { buildCodexRevoke } from "../oauth-codex.js";
import { TimeLimit } from "../ssh/time-limit.js";

/** What became of tokens that nobody shall use any more. */
export type Revocation =
  | { readonly kind: "revoked" }
  /** There was nothing to revoke. */
  | { readonly kind: "none" }
  /** They stay good until they end; a line for people says why. */
  | { readonly kind: "failed"; readonly why: string };

export interface RevokeOptions {
  readonly settings: Settings;
  readonly http: HttpClient;
  readonly signal: AbortSignal;
  /** Default: 10 s. Source: codex, logout, read 2026-11-20. */
  readonly limitMs?: number | undefined;
}

const LIMIT_MS = 10_000;

/**
 * Asks the issuer to end a login, and waits no longer than the limit. A failure is an answer, not an error.
 * @throws the signal's reason.
 */
export async function revokeLogin(login: JsonObject, options: RevokeOptions): Promise<Revocation> {
  const { settings, http, signal: outer, limitMs = LIMIT_MS } = options;
  const seconds = Math.round(limitMs / 1000);
  const limit = new TimeLimit(limitMs, () => new ProviderError("timeout", `no answer within ${seconds} s`), outer);
  try {
    const request = buildCodexRevoke(settings, login);
    if (request === undefined) return { kind: "none" };
    const response = await http.send(request, { signal: limit.signal, idleTimeoutMs: limitMs });
    response.discard();
    const { status } = response;
    if (status >= 200 && status <= 299) return { kind: "revoked" };
    return { kind: "failed", why: `${new URL(request.url).host} answered ${status}` };
  } catch (error) {
    outer.throwIfAborted();
    return { kind: "failed", why: oneLine((error as Error).message, 300) };
  } finally {
    limit.end();
  }
}
