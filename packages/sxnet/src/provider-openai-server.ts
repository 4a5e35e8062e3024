import { readOptionalApiKey } from "./api-key.js";
import { parseBase } from "./endpoint.js";
import { ProviderError } from "./errors.js";
import type { Settings } from "./types.js";

/** Which server the settings mean, and what is known of it: everything about the address and the headers. */

export const OPENAI = "openai";

const OFFICIAL_BASE = "https://api.openai.com/v1";
const BASE_KEY = "OPENAI_BASE_URL";
const KEY = "OPENAI_API_KEY";
const HEADERS_KEY = "OPENAI_EXTRA_HEADERS";

export type OpenAiApi = "chat" | "responses";

export interface OpenAiServer {
  /** The vendor's own: its models are known, and its refusals. */
  readonly official: boolean;
  /** For people. */
  readonly host: string;
  /** Everything before `/chat/completions`. */
  readonly base: string;
  /** The wire format, where the address says it. */
  readonly api: OpenAiApi | undefined;
  readonly apiKey: string | undefined;
  readonly extraHeaders: Readonly<Record<string, string>>;
  /** What switches reasoning off, where `reasoning_effort` does not. */
  readonly reasoningOff: Readonly<Record<string, unknown>> | undefined;
  /** Call ids that it takes, where that is not any. */
  readonly ids: RegExp | undefined;
  readonly maxIdChars: number | undefined;
}

interface KnownHost {
  readonly domain: string;
  readonly reasoningOff?: Readonly<Record<string, unknown>>;
  readonly ids?: RegExp;
  readonly maxIdChars?: number;
}

/**
 * Where compatible servers are known to differ. Source: their references, read 2026-11-20; the ids by their answers 400
 * ("string too long", "Tool call id must be a-z, A-Z, 0-9, with a length of 9").
 */
const KNOWN_HOSTS: readonly KnownHost[] = [
  { domain: "api.openai.com", ids: /^[^]{1,40}$/, maxIdChars: 40 },
  { domain: "mistral.ai", ids: /^[a-zA-Z0-9]{9}$/, maxIdChars: 9 },
  { domain: "deepseek.com", reasoningOff: { thinking: { type: "disabled" } } },
  { domain: "z.ai", reasoningOff: { thinking: { type: "disabled" } } },
  { domain: "bigmodel.cn", reasoningOff: { thinking: { type: "disabled" } } },
  { domain: "moonshot.ai", reasoningOff: { thinking: { type: "disabled" } } },
  { domain: "moonshot.cn", reasoningOff: { thinking: { type: "disabled" } } },
  { domain: "aliyuncs.com", reasoningOff: { enable_thinking: false } },
];

/**
 * The server that `OPENAI_BASE_URL` names: an origin, an origin with a path, or a full endpoint of either API. A path
 * that holds a version is taken as it is, else `/v1` follows.
 * @throws ProviderError `configuration`, `auth_missing` where the service is known to want a key
 */
export function readServer(settings: Settings): OpenAiServer {
  const apiKey = readOptionalApiKey(settings, KEY, OPENAI);
  const extraHeaders = readExtraHeaders(settings[HEADERS_KEY]);
  const value = settings[BASE_KEY]?.trim() || OFFICIAL_BASE;
  const url = parseBase(value, {
    key: BASE_KEY,
    provider: OPENAI,
    withoutSecrets: apiKey === undefined && Object.keys(extraHeaders).length === 0,
  });
  const given = url.pathname.split("/").filter((segment) => segment !== "");
  const { path, api } = withoutEndpoint(given);
  const isWhole = api !== undefined || path.some((segment) => /^v\d[a-z0-9]*$/i.test(segment));
  const official = isIn(url.hostname, "api.openai.com");
  if (official && apiKey === undefined) {
    throw new ProviderError("auth_missing", `${OPENAI} needs a key: ${KEY} is not set`, { provider: OPENAI, key: KEY });
  }
  const known = KNOWN_HOSTS.find(({ domain }) => isIn(url.hostname, domain));
  return {
    official,
    host: url.host,
    base: [url.origin, ...path, ...(isWhole ? [] : ["v1"])].join("/"),
    api,
    apiKey,
    extraHeaders,
    reasoningOff: known?.reasoningOff,
    ids: known?.ids,
    maxIdChars: known?.maxIdChars,
  };
}

/** What every request to it carries. A key that is not there leaves its header out. */
export function buildServerHeaders({ apiKey, extraHeaders }: OpenAiServer, userAgent: string): Record<string, string> {
  return {
    "user-agent": userAgent,
    ...extraHeaders,
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  };
}

/** Longest silence, in seconds in the setting. A local model reads a long prompt for many minutes before it says a word. */
export function readServerTimeoutMs(settings: Settings): number | undefined {
  const key = "OPENAI_TIMEOUT";
  const value = settings[key]?.trim();
  if (!value) return readServer(settings).official ? undefined : 1_800_000;
  if (/^\d{1,6}$/.test(value) && Number(value) > 0) return Number(value) * 1000;
  throw new ProviderError("configuration", `${key} is ${JSON.stringify(value)}; give whole seconds`, {
    provider: OPENAI,
    key,
  });
}

/** A JSON object in a setting. */
export function readObjectSetting(settings: Settings, key: string): Readonly<Record<string, unknown>> | undefined {
  const value = settings[key]?.trim();
  if (!value) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    // Its message would quote the value, which may hold a secret.
    parsed = undefined;
  }
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>;
  throw new ProviderError("configuration", `${key} is not a JSON object; write it as {"name": "value"}`, {
    provider: OPENAI,
    key,
  });
}

/** What would break the request, or take the place of the key. */
const FIXED_HEADERS =
  /^(authorization|content-type|content-length|content-encoding|accept|accept-encoding|host|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|proxy-.*)$/;

function readExtraHeaders(value: string | undefined): Readonly<Record<string, string>> {
  const given = readObjectSetting({ [HEADERS_KEY]: value }, HEADERS_KEY) ?? {};
  const headers: Record<string, string> = {};
  for (const [name, text] of Object.entries(given)) {
    const lower = name.toLowerCase();
    const refuse = (what: string): ProviderError =>
      new ProviderError("configuration", `${HEADERS_KEY}: ${JSON.stringify(name.slice(0, 80))} ${what}`, {
        provider: OPENAI,
        key: HEADERS_KEY,
      });
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) throw refuse("is not a header name");
    if (FIXED_HEADERS.test(lower)) throw refuse("cannot be set here");
    if (typeof text !== "string") throw refuse("needs a text as its value");
    if (!/^[\t\u0020-\u007e]*$/.test(text)) throw refuse("has a value with line ends or characters beyond ASCII");
    headers[lower] = text.trim();
  }
  return headers;
}

function withoutEndpoint(segments: readonly string[]): {
  readonly path: readonly string[];
  readonly api: OpenAiApi | undefined;
} {
  const last = segments.at(-1);
  if (last === "completions" && segments.at(-2) === "chat") return { path: segments.slice(0, -2), api: "chat" };
  if (last === "responses") return { path: segments.slice(0, -1), api: "responses" };
  return { path: last === "models" || last === "chat" ? segments.slice(0, -1) : segments, api: undefined };
}

function isIn(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
