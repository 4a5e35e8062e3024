import { isObject } from "./json-check.js";

/** Fields that name one run or one conversation, in any request. */
const VOLATILE_FIELDS = new Set([
  "prompt_cache_key",
  "client_metadata",
  "displayName",
  "metadata",
  "session_id",
  "safety_identifier",
  "user",
]);

const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
const ISO_DATE = /\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?/g;
const MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*";
const WRITTEN_DATE = new RegExp(
  `(?:\\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? )?\\b(?:${MONTH} \\d{1,2},? \\d{4}|\\d{1,2} ${MONTH} \\d{4})`,
  "g",
);

/** A request body without what differs from run to run: session ids, cache keys, dates. Two of these are compared. */
export function withoutVolatile(value: unknown): unknown {
  if (typeof value === "string") {
    return value.replaceAll(UUID, "<id>").replaceAll(ISO_DATE, "<date>").replaceAll(WRITTEN_DATE, "<date>");
  }
  if (Array.isArray(value)) return value.map((entry) => withoutVolatile(entry));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !VOLATILE_FIELDS.has(name))
      .map(([name, entry]) => [name, withoutVolatile(entry)]),
  );
}
