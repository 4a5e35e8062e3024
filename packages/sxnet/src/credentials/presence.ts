import { CredentialError } from "./credential-error.js";
import { keyOf, vendorOf } from "./login-vendor.js";
import { listLoginPlaces, readLoginAt } from "./login/login-place.js";
import type { SourceOptions } from "./source.js";

/** The name of the source that the settings choose: `CODEX_TOKEN_SOURCE`, or that of another vendor. */
export function tokenSourceOf(options: Pick<SourceOptions, "settings" | "vendor">): string {
  return options.settings[keyOf(vendorOf(options), "TOKEN_SOURCE")] || "local";
}

/**
 * Whether there is a credential to ask for, without asking for it: a source on another machine that somebody chose, a
 * token in a setting, or a file that holds a login. A file that cannot be read counts: its error must be seen, not
 * passed over.
 * @throws the signal's reason
 */
export async function isCredentialPresent(
  options: Pick<SourceOptions, "settings" | "home" | "env" | "vendor">,
  signal?: AbortSignal,
): Promise<boolean> {
  const { settings } = options;
  const vendor = vendorOf(options);
  if (tokenSourceOf(options) !== "local") return true;
  if (vendor.tokenKey !== undefined && settings[vendor.tokenKey]) return true;
  try {
    for (const place of listLoginPlaces(options)) {
      if ((await readLoginAt(place, signal)) !== undefined) return true;
    }
    return false;
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    return error.code !== "login_needed";
  }
}
