/** A JSON object of unknown shape. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Larger payloads are not looked into; those of real tokens are a few KiB. */
const MAX_PAYLOAD_CHARS = 65_536;

/**
 * What a JWT says about itself. Nothing is verified: good for display and for knowing when to ask anew, never for
 * deciding whom to trust. Undefined when the text is no JWT.
 * Source: RFC 7519 and RFC 7515 section 3.1: three parts, base64url without padding, read 2026-11-20.
 */
export function readJwtClaims(jwt: string): JsonObject | undefined {
  const parts = jwt.split(".");
  const payload = parts[1];
  if (parts.length !== 3 || payload === undefined || payload.length > MAX_PAYLOAD_CHARS) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    return isJsonObject(claims) ? claims : undefined;
  } catch {
    // An opaque token may well have two dots in it.
    return undefined;
  }
}
