import { parseRetryAfter } from "../retry.js";
import { isAccessToken } from "./credential.js";
import { isJsonObject, type JsonObject } from "./jwt.js";
import type { GrantedTokens, TokenAnswer } from "./oauth-vendor.js";

/** The tokens of a 2xx answer to a refresh or a code exchange; undefined when there is none in it. */
export function readGrantedTokens(text: string): GrantedTokens | undefined {
  const value = parseObject(text);
  if (value === undefined) return undefined;
  const accessToken = textOf(value["access_token"]);
  const refreshToken = textOf(value["refresh_token"]);
  const idToken = textOf(value["id_token"]);
  const expiresIn = value["expires_in"];
  const tokens = {
    ...(accessToken !== undefined && isAccessToken(accessToken) ? { accessToken } : {}),
    ...(refreshToken !== undefined && isPrintable(refreshToken) ? { refreshToken } : {}),
    ...(idToken !== undefined && isPrintable(idToken) ? { idToken } : {}),
  };
  if (Object.keys(tokens).length === 0) return undefined;
  const isLifetime = typeof expiresIn === "number" && expiresIn > 0 && expiresIn < 1e9;
  return isLifetime ? { ...tokens, expiresInMs: expiresIn * 1000 } : tokens;
}

/**
 * What a token endpoint's answer to a refresh says. Refused for good are the codes of `permanent`, with any status,
 * `invalid_grant`, and a 401. Source: RFC 6749 section 5.2; the codes are the vendor's.
 */
export function readTokenAnswer(
  status: number,
  headers: Readonly<Record<string, string>>,
  text: string,
  nowMs: number,
  permanent: ReadonlySet<string>,
): TokenAnswer {
  if (status >= 200 && status < 300) {
    const tokens = readGrantedTokens(text);
    return tokens === undefined
      ? { kind: "unclear", what: `answered ${status} without a token` }
      : { kind: "granted", tokens };
  }
  const code = readErrorCode(text);
  if (code !== undefined && permanent.has(code)) return { kind: "refused", code };
  if (status === 400 && code === "invalid_grant") return { kind: "refused", code };
  const again = status === 408 || status === 425 || status === 429 || status >= 500;
  if (status === 401) return { kind: "refused", code: code ?? "unauthorized" };
  return {
    kind: "failed",
    reason: status === 429 ? "limited" : "network",
    what: code === undefined ? `answered ${status}` : `answered ${status} (${code})`,
    again,
    retryAfterMs: again ? parseRetryAfter(headers, text.slice(0, 2000), nowMs) : undefined,
  };
}

/** `error.code`, else `error` when it is a string, else `code`; only what may be shown. */
function readErrorCode(text: string): string | undefined {
  const value = parseObject(text);
  if (value === undefined) return undefined;
  const { error } = value;
  const code = (isJsonObject(error) ? error["code"] : error) ?? value["code"];
  return typeof code === "string" && /^\w{1,64}$/u.test(code) ? code : undefined;
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // A web page, half an answer, nothing: the caller knows the status.
    return undefined;
  }
}

/** A text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** One word of ASCII, as every token of this service is. */
function isPrintable(text: string): boolean {
  return /^[\u0021-\u007e]{1,32768}$/u.test(text);
}
