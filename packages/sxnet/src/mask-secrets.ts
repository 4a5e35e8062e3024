import type { ProviderError } from "./errors.js";

/** Headers whose values say who may ask. */
const SECRET_NAME = /auth|key|token|secret|cookie|password|signature/;
/** Shorter values would mask words. */
const MIN_CHARS = 8;

/** The text without the credentials that the request carried: servers repeat them in their refusals. */
export function maskSecrets(text: string, headers: Readonly<Record<string, string>>): string {
  let masked = text;
  for (const [name, value] of Object.entries(headers)) {
    if (!SECRET_NAME.test(name.toLowerCase())) continue;
    const secret = value.replace(/^(Bearer|Basic)\s+/i, "");
    if (secret.length >= MIN_CHARS) masked = masked.replaceAll(secret, "***");
  }
  return masked;
}

/** The same for an error that was made from such a text already. */
export function maskInError(error: ProviderError, headers: Readonly<Record<string, string>>): void {
  const { message, stack } = error;
  error.message = maskSecrets(message, headers);
  if (stack !== undefined && error.message !== message) error.stack = maskSecrets(stack, headers);
}
