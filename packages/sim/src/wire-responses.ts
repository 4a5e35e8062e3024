import { answerCatalogue } from "./codex-catalogue.js";
import { answerUsage } from "./codex-usage.js";
import type { Turn } from "./script.js";
import type { RenderContext, Wire } from "./wire.js";
import { renderResponses } from "./wire-responses-answer.js";
import { answerFailure } from "./wire-responses-failures.js";
import { fromService } from "./wire-responses-refusal.js";
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
  failure: answerFailure,
  badRequest: (message) => fromService(message, "simulator_mismatch").refusal,
  env: (origin) => ({
    endpoints: { CODEX_BASE_URL: `${origin}/backend-api/codex`, OPENAI_BASE_URL: `${origin}/v1` },
    secrets: { OPENAI_API_KEY: "simulator-key" },
  }),
  side: [
    { matches: (method, path) => method === "GET" && path.endsWith("/codex/models"), answer: answerCatalogue },
    { matches: (method, path) => method === "GET" && path.endsWith("/wham/usage"), answer: answerUsage },
  ],
};

/** Source: header names as section 4 of our notes has them (`x-codex-primary-used-percent` …), read 2026-11-20. */
function answerHeaders(turn: Turn, context: RenderContext): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {
    "x-request-id": context.id("req"),
    "openai-model": headerText(context.request.model),
  };
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

/** A model may have any name; a header may not. */
function headerText(text: string): string {
  return text.replace(/[^\u0020-\u007e]/g, "?").slice(0, 200);
}
