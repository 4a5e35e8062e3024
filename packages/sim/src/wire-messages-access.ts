import type { RawRequest } from "./wire.js";
import { type BrokenRule, refused } from "./wire-messages-refusal.js";

const VERSIONS = new Set(["2023-01-01", "2023-06-01", "2026-10-21"]);
/** From this version on the service is stricter about bodies. */
const NEW_VERSION = "2026-10-21";
const OAUTH_BETA = "oauth-2025-04-20";
/** Of access tokens. Source: our notes, section 2, read 2026-11-20. */
const LOGIN_PREFIX = "sk-ant-oat";

/**
 * The vendor's service is at the root. A server that imitates it has a path before `/v1`: such a one asks for no
 * credential and no version.
 */
export function isOfficial({ path }: Pick<RawRequest, "path">): boolean {
  return path.startsWith("/v1/");
}

export function betasOf({ headers }: RawRequest): readonly string[] {
  return (headers["anthropic-beta"] ?? "").split(",").map((name) => name.trim());
}

export function hasNewVersion({ headers }: RawRequest): boolean {
  return headers["anthropic-version"] === NEW_VERSION;
}

/**
 * With the login of a plan: a bearer that looks like one, or says so in its beta. Any other may be an API key, which
 * the vendor's own client sends as a bearer, too. Source: `@anthropic-ai/sdk` 1.11.0, `apiKeyAuth`, read 2026-11-21.
 */
export function hasLogin(request: RawRequest): boolean {
  const bearer = bearerOf(request);
  return bearer !== undefined && (bearer.startsWith(LOGIN_PREFIX) || betasOf(request).includes(OAUTH_BETA));
}

/**
 * Who asks, and in which version of the API.
 * Source: our notes, sections 2 and 3, public reports of the service's answers, read 2026-11-20. That a key beside a
 * bearer is refused is stricter than what is known: the vendor's clients never send both.
 */
export function findBrokenAccess(request: RawRequest): BrokenRule | undefined {
  if (!isOfficial(request)) return undefined;
  const { headers } = request;
  const key = headers["x-api-key"] ?? "";
  const bearer = bearerOf(request);
  if (key === "" && bearer === undefined) return refused("x-api-key header is required", 401);
  if (key !== "" && headers["authorization"] !== undefined) {
    return refused("scorpiox-sim: x-api-key and authorization in one request; send one of them", 401);
  }
  if (key.startsWith(LOGIN_PREFIX)) return refused("invalid x-api-key", 401);
  if (hasLogin(request) && !betasOf(request).includes(OAUTH_BETA)) {
    return refused("OAuth authentication is currently not supported.", 401);
  }
  const version = headers["anthropic-version"];
  if (version === undefined) return refused("anthropic-version: header is required");
  if (!VERSIONS.has(version)) {
    return refused(`anthropic-version: ${JSON.stringify(version.slice(0, 60))} is not a valid version`);
  }
  return undefined;
}

function bearerOf({ headers }: RawRequest): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers["authorization"] ?? "")?.[1];
}
