import { ProviderError } from "./errors.js";
import type { Settings } from "./types.js";

/**
 * The API key in a setting.
 * @throws ProviderError `auth_missing` when it is not set, `configuration` when it cannot be a header value: before
 * any request, and without the key in the message
 */
export function readApiKey(settings: Settings, key: string, provider: string): string {
  const value = readOptionalApiKey(settings, key, provider);
  if (value !== undefined) return value;
  throw new ProviderError("auth_missing", `${provider} needs a key: ${key} is not set`, { provider, key });
}

/** The same where a service may do without one. */
export function readOptionalApiKey(settings: Settings, key: string, provider: string): string | undefined {
  const value = settings[key]?.trim();
  if (value === undefined || value === "") return undefined;
  if (/^[\u0021-\u007e]+$/.test(value)) return value;
  throw new ProviderError("configuration", `${key} holds white space or characters that no key has; set it again`, {
    provider,
    key,
  });
}
