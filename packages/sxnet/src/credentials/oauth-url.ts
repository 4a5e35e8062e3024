import { resolveEndpoint } from "../endpoint.js";
import { ProviderError } from "../errors.js";
import type { Settings } from "../types.js";
import { CredentialError } from "./credential-error.js";
import { keyOf, type LoginVendor } from "./login-vendor.js";

/**
 * The address of a vendor's sign-in endpoint: by the setting (`CODEX_OAUTH_URL`), which may hold an origin alone, or
 * the vendor's own.
 * @throws CredentialError `configuration` for an address that cannot be used or is not safe.
 */
export function resolveOauthUrl(vendor: LoginVendor, settings: Settings, fallback: string): string {
  const key = keyOf(vendor, "OAUTH_URL");
  try {
    return resolveEndpoint(settings[key], { key, provider: vendor.name, fallback });
  } catch (error) {
    if (ProviderError.is(error)) throw new CredentialError("configuration", error.message, { cause: error });
    throw error;
  }
}
