import { createRedactor, type Redactor } from "@scorpiox/sxutil";
import { REMOVED } from "./json-difference.js";

/** Takes secrets out of what goes into a recording: known values exactly, and whatever looks like a credential. */
export interface Scrubber {
  /** From now on the credentials in a request's headers and query are known values. */
  learn(request: { readonly headers: Readonly<Record<string, string>>; readonly query: string }): void;
  text(text: string): string;
  /** Headers worth keeping, by name; all others are left out with their values. */
  headers(headers: Readonly<Record<string, string>>): Record<string, string>;
}

/** Headers whose values are credentials, or name an account. */
const CREDENTIAL_HEADERS = [
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "chatgpt-account-id",
];

/** Parameters of a query whose values are credentials. */
const CREDENTIAL_PARAMETERS = ["key", "api_key", "access_token"];

/** Harmless by name; a header that is not listed never reaches a recording. */
const KEPT_HEADERS =
  /^(accept|content-type|user-agent|version|originator|openai-beta|openai-model|anthropic-version|anthropic-beta|retry-after|retry-after-ms|x-should-retry|x-openai-internal-codex-responses-lite|x-codex-(?!turn-state|turn-metadata|window-id|installation-id)[a-z-]+|x-ratelimit-[a-z-]+|anthropic-ratelimit-[a-z0-9_-]+)$/;

/** What credentials look like, wherever they stand. The classes leave out quotes, so that JSON stays JSON. */
const LOOKS_SECRET: readonly RegExp[] = [
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
  /\b(?:sk|rk|at)-(?=[\w-]*\d)[\w-]{20,}/g,
  /\bAIza[\w-]{35}/g,
  /\bAQ\.[\w-]{30,}/g,
  /\bgh[pousr]_\w{30,}/g,
  /\bgithub_pat_\w{30,}/g,
  /\bAKIA[0-9A-Z]{16}\b/g,
  /\bxox[abprs]-[\w-]{10,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[^"]*?-----END [A-Z ]*PRIVATE KEY-----/g,
];

/** `Bearer …` and JSON fields that hold credentials or name a person, also inside JSON that is itself quoted. */
const BEARER = /\b(Bearer|Basic) [\w.~+/=-]{8,}/g;
const SECRET_FIELD =
  /(\\*"(?:access_token|refresh_token|id_token|api_key|apiKey|client_secret|password|code_verifier|safety_identifier|account_id|chatgpt_account_id|user_id|email)\\*"\s*:\s*\\*")[^"\\]+/g;

/** @param secrets values that must not appear, for example those of secret keys in the environment */
export function createScrubber(secrets: Iterable<string>): Scrubber {
  const redactor = createRedactor(secrets);
  return {
    learn: ({ headers, query }) => {
      learnHeaders(redactor, headers);
      learnQuery(redactor, query);
    },
    text: (text) => scrubText(redactor, text),
    headers: (headers) =>
      Object.fromEntries(
        Object.entries(headers)
          .filter(([name]) => KEPT_HEADERS.test(name))
          .map(([name, value]) => [name, scrubText(redactor, value)]),
      ),
  };
}

function scrubText(redactor: Redactor, text: string): string {
  let clean = redactor.redact(text);
  for (const pattern of LOOKS_SECRET) clean = clean.replaceAll(pattern, REMOVED);
  return clean.replaceAll(BEARER, `$1 ${REMOVED}`).replaceAll(SECRET_FIELD, `$1${REMOVED}`);
}

function learnHeaders(redactor: Redactor, headers: Readonly<Record<string, string>>): void {
  for (const name of CREDENTIAL_HEADERS) {
    const value = headers[name];
    if (value === undefined) continue;
    redactor.add(value);
    redactor.add(value.replace(/^\w+ +/, ""));
    if (name.endsWith("cookie"))
      for (const pair of value.split(/[;,]/)) redactor.add(pair.replace(/^[^=]*=/, "").trim());
  }
}

/** As they were sent, and as they read: a body may hold either. */
function learnQuery(redactor: Redactor, query: string): void {
  const parameters = new URLSearchParams(query);
  for (const name of CREDENTIAL_PARAMETERS) {
    for (const value of parameters.getAll(name)) {
      redactor.add(value);
      redactor.add(encodeURIComponent(value));
    }
  }
}
