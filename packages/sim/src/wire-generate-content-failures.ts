import type { FailureName, StreamError } from "./script.js";
import type { FailureContext, HttpAnswer } from "./wire.js";
import type { Notes } from "./wire-generate-content-notes.js";
import { codeOfStatus, errorAnswer, type GoogleError, statusOfCode } from "./wire-generate-content-refusal.js";

const RPC = "type.googleapis.com/google.rpc.";
const QUOTA_TEXT =
  "You exceeded your current quota, please check your plan and billing details. For more information on this error, " +
  "head to: https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your current usage, head to: " +
  "https://ai.dev/rate-limit. ";
const METRIC = "generativelanguage.googleapis.com/generate_content_free_tier_requests";
const HELP = {
  "@type": `${RPC}Help`,
  links: [
    { description: "Learn more about Gemini API quotas", url: "https://ai.google.dev/gemini-api/docs/rate-limits" },
  ],
};

/**
 * Where the numbers of a context that is too long come from: an input limit of the models as the service lists it.
 * Source: recorded error of gemini-2.5-flash, read 2026-11-20.
 */
export const CONTEXT_TOO_LONG =
  "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).";

const INVALID_KEY = "API key not valid. Please pass a valid API key.";
const NOT_ENABLED =
  "Generative Language API has not been used in project 100000000000 before or it is disabled. Enable it by visiting " +
  "https://console.developers.google.com/apis/api/generativelanguage.googleapis.com/overview?project=100000000000 " +
  "then retry.";

/**
 * Source: recorded errors of the Gemini API (key, unknown model, input too long); its other texts and details from
 * public reports of them, read 2026-11-20.
 */
const FAILURES: Readonly<Record<Exclude<FailureName, "edge_block">, (model: string) => GoogleError>> = {
  unauthorized: () =>
    failed(400, INVALID_KEY, [
      errorInfo("API_KEY_INVALID", { service: "generativelanguage.googleapis.com" }),
      { "@type": `${RPC}LocalizedMessage`, locale: "en-US", message: INVALID_KEY },
    ]),
  forbidden: () =>
    failed(403, NOT_ENABLED, [
      errorInfo("SERVICE_DISABLED", {
        service: "generativelanguage.googleapis.com",
        consumer: "projects/100000000000",
      }),
    ]),
  rate_limited: (model) => quota(model, "GenerateRequestsPerMinutePerProjectPerModel-FreeTier", 10, "1s"),
  usage_limit: (model) => quota(model, "GenerateRequestsPerDayPerProjectPerModel-FreeTier", 250, "3600s"),
  // No quota at all, which no waiting changes; the service names a delay all the same.
  quota_exhausted: (model) => quota(model, "GenerateRequestsPerDayPerProjectPerModel-FreeTier", 0, "48.926s"),
  model_unavailable: (model) =>
    failed(
      404,
      `models/${model} is not found for API version v1beta, or is not supported for generateContent. ` +
        "Call ModelService.ListModels to see the list of available models and their supported methods.",
    ),
  context_too_long: () => failed(400, CONTEXT_TOO_LONG),
  request_too_large: () => failed(400, "Request payload size exceeds the limit: 20971520 bytes."),
  invalid_request: () => failed(400, "Request contains an invalid argument."),
  overloaded: () => failed(503, "The model is overloaded. Please try again later."),
  server_error: () =>
    failed(
      500,
      "An internal error has occurred. Please retry or report in " +
        "https://developers.generativeai.google/guide/troubleshooting",
    ),
};

export function answerFailure(name: FailureName, { model, notes }: FailureContext<Notes>): HttpAnswer {
  if (name === "edge_block") {
    return {
      status: 403,
      headers: { "content-type": "text/html; charset=UTF-8" },
      body: "<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n  <title>Error 403 (Forbidden)!!1</title>\n",
    };
  }
  return errorAnswer(FAILURES[name](model), notes?.form === "list");
}

/** Words of other services' stream errors, as scripts use them, and what Google says in their place. */
const FOREIGN: readonly (readonly [RegExp, number])[] = [
  [/overload|unavailable/, 503],
  [/rate_?limit|quota|slow_down/, 429],
  [/context|invalid/, 400],
  [/timeout|deadline/, 504],
];

/** An error inside an answer. `code` of the script is a status word, an HTTP number, or another service's word. */
export function streamError({ code, message }: Pick<StreamError, "code" | "message">): GoogleError {
  const told = /^[1-5]\d\d$/.test(code) ? Number(code) : codeOfStatus(code.toUpperCase());
  const foreign = FOREIGN.find(([pattern]) => pattern.test(code.toLowerCase()))?.[1];
  return failed(told ?? foreign ?? 500, message);
}

function failed(code: number, message: string, details?: readonly unknown[]): GoogleError {
  return { code, message, status: statusOfCode(code), ...(details === undefined ? {} : { details }) };
}

function errorInfo(reason: string, metadata: Readonly<Record<string, string>>): unknown {
  return { "@type": `${RPC}ErrorInfo`, reason, domain: "googleapis.com", metadata };
}

function quota(model: string, quotaId: string, limit: number, retryDelay: string): GoogleError {
  const metric = `* Quota exceeded for metric: ${METRIC}, limit: ${limit}, model: ${model}`;
  const violation = {
    quotaMetric: METRIC,
    quotaId,
    quotaDimensions: { location: "global", model },
    ...(limit === 0 ? {} : { quotaValue: String(limit) }),
  };
  return failed(429, `${QUOTA_TEXT}\n${metric}\nPlease retry in ${retryDelay}.`, [
    HELP,
    { "@type": `${RPC}QuotaFailure`, violations: [violation] },
    { "@type": `${RPC}RetryInfo`, retryDelay },
  ]);
}
