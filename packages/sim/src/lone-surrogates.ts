/**
 * Whether a text in a parsed JSON body holds half of a surrogate pair: JSON that services refuse. Only an escape can
 * carry one, so most bodies are answered by a look at their text.
 */
export function hasLoneSurrogate(raw: string, value: unknown): boolean {
  return /\\u[dD][89a-fA-F]/.test(raw) && isBroken(value);
}

function isBroken(value: unknown): boolean {
  if (typeof value === "string") return !value.isWellFormed();
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([name, entry]) => !name.isWellFormed() || isBroken(entry));
}
