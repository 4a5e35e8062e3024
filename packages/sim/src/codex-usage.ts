import { type HttpAnswer, jsonAnswer, type RawRequest } from "./wire.js";

/**
 * `GET …/wham/usage`: a plan a third of whose short window and two thirds of whose long one are used.
 * Source: fields as users of the Codex backend report them, read 2026-11-20.
 */
export function answerUsage(request: RawRequest): HttpAnswer {
  if (request.headers["authorization"] === undefined) return jsonAnswer(401, { detail: "Unauthorized" });
  return jsonAnswer(200, {
    plan_type: "plus",
    rate_limit: {
      allowed: true,
      limit_reached: false,
      primary_window: window(33, 18_000, 7200),
      secondary_window: window(66.5, 604_800, 259_200),
    },
    additional_rate_limits: [],
    credits: { has_credits: false, unlimited: false, balance: null },
  });
}

function window(usedPercent: number, seconds: number, resetsInSeconds: number): unknown {
  return { used_percent: usedPercent, limit_window_seconds: seconds, reset_after_seconds: resetsInSeconds };
}
