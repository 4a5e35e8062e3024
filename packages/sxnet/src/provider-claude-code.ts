import { ProviderError, type ProviderErrorCode } from "./errors.js";
import { hasPlanLimits, readPlanReset } from "./limits-anthropic.js";
import { createAnthropicSpec } from "./provider-anthropic.js";
import type { FailedAnswer, ProviderSpec } from "./provider.js";
import { readMessagesError } from "./wire-messages-errors.js";

/**
 * Claude with the login of a plan. The vendor means such logins for its own programs and may refuse others: this one
 * says who it is, borrows no system prompt unless it is told to, and passes a refusal on in plain words.
 * Source: the vendor's published policy, reports of the service's answers, official TypeScript client 1.11.0 for the
 * beta name, read 2026-11-20.
 */

const NAME = "claude_code";

/**
 * What the service says to a plan login that does not come from the vendor's own program. The code for it says that
 * the plan does not include this, so that the router goes on to the next provider.
 */
const REFUSED = /only authorized for use with|out of extra usage|third-party apps/i;
const EXPLANATION =
  "the vendor means logins of Claude plans for its own programs and refuses this one; use an API key instead: PROVIDER=anthropic with ANTHROPIC_API_KEY";

export const claudeCode: ProviderSpec = createAnthropicSpec({
  name: NAME,
  usesCredential: true,
  urlKey: "CLAUDE_CODE_API_URL",
  authorize: ({ credential }) => ({ authorization: `Bearer ${credential?.accessToken ?? ""}` }),
  betas: ["oauth-2025-04-20"],
  systemPrefix: (settings) => settings["CLAUDE_CODE_SYSTEM_PREFIX"],
  readError,
});

function readError(answer: FailedAnswer): ProviderError {
  const error = readMessagesError(NAME, answer);
  const { status, headers } = answer;
  const words = error.message.replace(/^\w+ answered \d+: /, "");
  if (REFUSED.test(words))
    return replace(error, "quota_exhausted", `${NAME} answered ${status}: ${bare(words)}; ${EXPLANATION}`);
  if (status === 400 && /^error$/i.test(bare(words))) {
    return replace(error, "quota_exhausted", `${NAME} answered 400 without a reason: ${EXPLANATION}`);
  }
  // Revoked, or made for something else: only another login helps.
  if (status === 403 && /oauth token|scope/i.test(words)) {
    return replace(error, "auth_rejected", `${NAME} answered 403: ${bare(words)}; log in again`);
  }
  if (status !== 429) return error;
  if (headers["anthropic-ratelimit-unified-status"] === "rejected") {
    return replace(error, "usage_limit", error.message, readPlanReset(headers));
  }
  // A quota says when it ends. A bare 429 is how the service refuses foreign programs: waiting does not help.
  const isBare = !hasPlanLimits(headers) && headers["retry-after"] === undefined;
  return isBare ? replace(error, "quota_exhausted", `${NAME} answered 429 without a quota: ${EXPLANATION}`) : error;
}

function bare(words: string): string {
  return words.split(";")[0]?.trim() ?? "";
}

function replace(error: ProviderError, code: ProviderErrorCode, message: string, resetsAtMs?: number): ProviderError {
  const { status, requestId, retryAfterMs } = error;
  return new ProviderError(code, message, { provider: NAME, status, requestId, retryAfterMs, resetsAtMs });
}
