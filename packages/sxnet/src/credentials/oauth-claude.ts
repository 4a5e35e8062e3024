import type { HttpRequest } from "../http.js";
import { VERSION } from "../version.js";
import { mergeClaude } from "./claude-file.js";
import { LOGIN_VENDORS } from "./login-vendor.js";
import { resolveOauthUrl } from "./oauth-url.js";
import type { OauthVendor } from "./oauth-vendor.js";
import { readTokenAnswer } from "./oauth-answer.js";

/**
 * The sign-in of Claude plans: where a refresh goes, and what it looks like.
 * Source: notes on the Claude plan, 3 (the vendor's own SDK), read 2026-11-21.
 */
const TOKEN_URL = "https://platform.claude.com/v1/oauth/token";

/** The public client to which the tokens of a plan belong; it has no secret. */
const CLIENT_ID = "9d1c250a-e61b-44d9-88ed-5944d1962f5e";

/** Without it no request with such a login is understood. */
const BETA = "oauth-2025-04-20";

/** Beyond what RFC 6749 says, no word is known. */
const PERMANENT_CODES: ReadonlySet<string> = new Set();

export const claudeOauth: OauthVendor = {
  refreshUrl: (settings) => resolveOauthUrl(LOGIN_VENDORS.claude_code, settings, TOKEN_URL),
  originator: () => "scorpiox_code",
  buildRefresh,
  readRefresh: (status, headers, text, nowMs) => readTokenAnswer(status, headers, text, nowMs, PERMANENT_CODES),
  isOtherAccount,
  merge: mergeClaude,
};

/** Under our own name: the tokens are the client's, the program that asks is not. */
function buildRefresh(url: string, refreshToken: string): HttpRequest {
  return {
    method: "POST",
    url,
    headers: {
      "content-type": "application/json",
      accept: "application/json",
      "anthropic-beta": BETA,
      "user-agent": `scorpiox-code/${VERSION}`,
    },
    body: JSON.stringify({ grant_type: "refresh_token", refresh_token: refreshToken, client_id: CLIENT_ID }),
  };
}

/** Neither the file nor the answer is known to name an account. */
function isOtherAccount(): boolean {
  return false;
}
