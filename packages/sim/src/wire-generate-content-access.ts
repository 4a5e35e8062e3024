import type { RawRequest, SideAnswer } from "./wire.js";
import { bodyJson } from "./wire-generate-content-json.js";
import { type BrokenRule, JSON_TYPE, refused } from "./wire-generate-content-refusal.js";

/** The API key of a request, from its header or its query. */
export function keyOf({ headers, query }: RawRequest): string | undefined {
  const key = headers["x-goog-api-key"] ?? new URLSearchParams(query).get("key") ?? "";
  return key === "" ? undefined : key;
}

/** Source: public reports of requests without a key, read 2026-11-20. */
export function missingKey(): BrokenRule {
  return refused(
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other " +
      "form of API consumer identity to call this API.",
    403,
  );
}

export function withoutKey(): SideAnswer {
  return sideRefusal(missingKey());
}

/** A broken rule on a route that needs no script. */
export function sideRefusal({ refusal, reason }: BrokenRule): SideAnswer {
  return reason === undefined ? refusal : { ...refusal, problem: `it would be refused by the service: ${reason}` };
}

/** A good answer that is not a stream. */
export function jsonBody(value: unknown): SideAnswer {
  return { status: 200, headers: { "content-type": JSON_TYPE }, body: `${bodyJson(value)}\n` };
}
