import { answerCatalogue } from "./codex-catalogue.js";
import type { FailureName, Turn } from "./script.js";
import { type FailureContext, type HttpAnswer, jsonAnswer, type RenderContext, type Wire } from "./wire.js";
import { renderResponses } from "./wire-responses-answer.js";
import { readResponses } from "./wire-responses-request.js";

/**
 * The Responses wire format, as the Codex backend and the public API speak it.
 * Source: Responses API reference, captures of the Codex client 0.104 to 0.169, recorded streams, read 2026-11-20.
 */
export const responses: Wire = {
  name: "responses",
  matches: (method, path) => method === "POST" && path.endsWith("/responses"),
  read: readResponses,
  render: renderResponses,
  headers: answerHeaders,
  failure,
  badRequest: (message) => jsonAnswer(400, errorBody("invalid_request_error", "simulator_mismatch", message)),
  env: (origin) => ({
    endpoints: {
      CODEX_BASE_URL: `${origin}/backend-api/codex`,
      OPENAI_BASE_URL: `${origin}/v1`,
      OPENAI_API: "responses",
    },
    secrets: { OPENAI_API_KEY: "simulator-key" },
  }),
  side: [{ matches: (method, path) => method === "GET" && path.endsWith("/codex/models"), answer: answerCatalogue }],
};

/** The error body of the model service. The gateway before it says `{"detail": "…"}` instead. */
export function errorBody(type: string, code: string | null, message: string, param: string | null = null): unknown {
  return { error: { message, type, param, code } };
}

/** Seconds until a used-up window opens again, where the script names none. */
const USAGE_LIMIT_SECONDS = 3600;

/** Source: section "HTTP errors" of our notes on the Codex client 0.169 and public reports, read 2026-11-20. */
function failure(name: FailureName, { nowMs, model }: FailureContext): HttpAnswer {
  const resetsAt = Math.ceil(nowMs / 1000) + USAGE_LIMIT_SECONDS;
  switch (name) {
    case "unauthorized":
      return jsonAnswer(
        401,
        errorBody("invalid_request_error", "token_expired", "Provided authentication token is expired."),
      );
    case "forbidden":
      return jsonAnswer(403, { detail: "This workspace does not allow Codex." });
    case "edge_block":
      return {
        status: 403,
        headers: { "content-type": "text/html; charset=UTF-8", server: "cloudflare", "cf-ray": "0000000000000000-SIM" },
        body: "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>",
      };
    case "rate_limited":
      return jsonAnswer(
        429,
        errorBody("requests", "rate_limit_exceeded", "Rate limit reached. Please try again in 1s."),
        {
          "retry-after": "1",
        },
      );
    case "usage_limit":
      return jsonAnswer(
        429,
        {
          error: {
            type: "usage_limit_reached",
            message: "The usage limit has been reached",
            plan_type: "plus",
            resets_at: resetsAt,
            resets_in_seconds: USAGE_LIMIT_SECONDS,
          },
        },
        { "x-codex-active-limit": "codex", "x-codex-plan-type": "plus", "x-codex-primary-used-percent": "100" },
      );
    case "quota_exhausted":
      return jsonAnswer(429, errorBody("insufficient_quota", "insufficient_quota", "You exceeded your current quota."));
    case "model_unavailable":
      return jsonAnswer(400, {
        detail: `The '${model}' model is not supported when using Codex with a ChatGPT account.`,
      });
    case "context_too_long": {
      const message = "Your input exceeds the context window of this model.";
      return jsonAnswer(400, errorBody("invalid_request_error", "context_length_exceeded", message, "input"));
    }
    case "request_too_large":
      return { status: 413, headers: { "content-type": "text/plain" }, body: "Payload Too Large" };
    case "invalid_request":
      return jsonAnswer(400, errorBody("invalid_request_error", "invalid_value", "Invalid value in the request."));
    case "overloaded":
      return jsonAnswer(503, errorBody("server_error", "server_is_overloaded", "The server is overloaded."));
    case "server_error":
      return jsonAnswer(500, errorBody("server_error", null, "An error occurred while processing your request."));
  }
}

/** Source: header names as section 4 of our notes has them (`x-codex-primary-used-percent` …), read 2026-11-20. */
function answerHeaders(turn: Turn, context: RenderContext): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { "x-request-id": context.id("req"), "openai-model": context.request.model };
  for (const window of turn.limits?.windows ?? []) {
    const prefix = `x-codex-${window.name}`;
    const resetsAtMs =
      window.resetsInSeconds === undefined ? window.resetsAtMs : context.nowMs + window.resetsInSeconds * 1000;
    headers[`${prefix}-used-percent`] = String(window.usedPercent);
    if (window.windowMinutes !== undefined) headers[`${prefix}-window-minutes`] = String(window.windowMinutes);
    if (resetsAtMs !== undefined) headers[`${prefix}-reset-at`] = String(Math.ceil(resetsAtMs / 1000));
  }
  if (turn.limits?.plan !== undefined) headers["x-codex-plan-type"] = turn.limits.plan;
  const credits = turn.limits?.credits;
  if (credits !== undefined) {
    headers["x-codex-credits-has-credits"] = "true";
    headers["x-codex-credits-unlimited"] = String(credits.unlimited);
    if (credits.balance !== undefined) headers["x-codex-credits-balance"] = credits.balance;
  }
  return headers;
}
