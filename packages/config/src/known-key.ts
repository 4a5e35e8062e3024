import { findKey, type KeySpec, quoted, suggestKeys, UsageError } from "@scorpiox/sxutil";

/** The row of a key that was typed. @throws UsageError with the nearest names. */
export function knownKey(name: string): KeySpec {
  const spec = findKey(name);
  if (spec !== undefined) return spec;
  throw new UsageError(`${quoted(name)} is no configuration key${suggestKeys(name)}`);
}
