import { oneLine } from "@scorpiox/sxutil";
import { CredentialError } from "../credential-error.js";
import type { RefreshMarker } from "./dead-marker.js";
import { keyOf, type LoginVendor } from "../login-vendor.js";
import type { TokenAnswer } from "../oauth-vendor.js";

/** Why a refresh token is of no use, by the authority's words and our own. Source: Codex client, read 2026-11-20. */
const REASONS: Readonly<Record<string, string>> = {
  refresh_token_expired: "its refresh token has expired",
  refresh_token_reused: "its refresh token was used before, by a program that could not save what it got or by a copy",
  refresh_token_invalidated: "its refresh token was revoked",
  no_refresh_token: "it holds no refresh token",
  account_mismatch: "the new tokens were for another account and were not saved",
};

export function logInAgain({ logIn }: LoginVendor): string {
  return `log in again with ${logIn}`;
}

/** What a marker, or a reason without one, means for whoever wants a token. */
export function refusedFailure(vendor: LoginVendor, name: string, why: RefreshMarker | string): CredentialError {
  const marker = typeof why === "string" ? { code: why } : why;
  if ("untilMs" in marker && marker.untilMs !== undefined) {
    const code = marker.code === "limited" ? "limited" : "network";
    return new CredentialError(code, oneLine(marker.message ?? "", 400));
  }
  const { code } = marker;
  const reason = Object.hasOwn(REASONS, code)
    ? REASONS[code]
    : `the service refused its refresh token (${oneLine(code, 64)})`;
  return new CredentialError("login_needed", `cannot refresh ${name}: ${reason}; ${logInAgain(vendor)}`);
}

/** One line about an exchange that failed without a verdict on the token. */
export function failedNote(
  vendor: LoginVendor,
  name: string,
  url: string,
  answer: Extract<TokenAnswer, { kind: "failed" | "unclear" }>,
  delayMs: number,
): string {
  const what = answer.what.startsWith("answered") ? `${new URL(url).host} ${answer.what}` : oneLine(answer.what, 250);
  const advice =
    answer.kind === "failed" && !answer.again
      ? `check ${keyOf(vendor, "OAUTH_URL")} and the network`
      : `try again in ${Math.max(1, Math.ceil(delayMs / 1000))} s`;
  return `cannot refresh ${name}: ${what.replace(/; try again$/u, "")}; ${advice}`;
}
