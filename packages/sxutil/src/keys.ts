import type { KeyKind, KeySpec } from "./key-spec.js";
import { KEYS } from "./key-table.js";
import { joinChoices, nearestNames } from "./nearest.js";
import { quoted } from "./one-line.js";

let byName: ReadonlyMap<string, KeySpec> | undefined;

/** The row of a key, or `undefined` for a name that is no key. Case counts. */
export function findKey(name: string): KeySpec | undefined {
  byName ??= new Map(KEYS.map((spec) => [spec.name, spec]));
  return byName.get(name);
}

/** The keys that somebody who wrote `name` may have meant, best first. */
export function nearestKeys(name: string): readonly string[] {
  return nearestNames(
    name,
    KEYS.map((spec) => spec.name),
    3,
  );
}

/** `; did you mean X or Y`, or nothing. */
export function suggestKeys(name: string): string {
  const near = nearestKeys(name);
  return near.length === 0 ? "" : `; did you mean ${joinChoices(near)}`;
}

export function isSecret(spec: KeySpec): boolean {
  return spec.class === "secret";
}

/** 1/0, true/false, yes/no, on/off in any case; `undefined` for everything else. */
export function parseBoolean(value: string): boolean | undefined {
  switch (value.toLowerCase()) {
    case "1":
    case "true":
    case "yes":
    case "on":
      return true;
    case "0":
    case "false":
    case "no":
    case "off":
      return false;
    default:
      return undefined;
  }
}

/**
 * What is wrong with a value, as a whole message, or `undefined`. An empty value is always right: it means "not set,
 * whatever is said further down". `place` names where the value is from, in parentheses. A secret is never quoted.
 */
export function checkValue(spec: KeySpec, value: string, place = ""): string | undefined {
  if (value === "") return undefined;
  const allowed = findProblem(spec, value);
  if (allowed === undefined) return undefined;
  const shown = isSecret(spec) || (spec.kind === "url" && value.includes("@")) ? "not usable" : quoted(value, 60);
  return `${spec.name} is ${shown}${place === "" ? "" : ` ${place}`}; ${allowed}`;
}

/**
 * A valid value in its one spelling: `1` or `0`, the chosen word, list items without blanks, an absolute path. What is
 * not valid comes back as it is.
 */
export function canonicalValue(spec: KeySpec, value: string, home: string): string {
  if (spec.kind === "boolean") {
    const on = parseBoolean(value);
    return on === undefined ? value : on ? "1" : "0";
  }
  if (spec.kind === "path") return value.startsWith("~/") ? `${home.replace(/\/+$/, "")}/${value.slice(2)}` : value;
  if (spec.kind === "list" && spec.choices !== undefined) return splitList(value).join(",");
  const { spellings } = spec;
  return spellings !== undefined && Object.hasOwn(spellings, value) ? (spellings[value] ?? value) : value;
}

/** The items of a value of kind `list`, without blanks and empty ones. */
export function splitList(value: string): readonly string[] {
  return value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** What is allowed instead, or `undefined` when the value is. */
function findProblem(spec: KeySpec, value: string): string | undefined {
  if (/[\x00-\x08\x0a-\x1f\x7f-\x9f]/.test(value)) return "leave out the control characters";
  return JUDGES[spec.kind](spec, value);
}

type Judge = (spec: KeySpec, value: string) => string | undefined;

const JUDGES: Readonly<Record<KeyKind, Judge>> = {
  text: ({ choices, spellings = {} }, value) =>
    choices === undefined || choices.includes(value) || Object.hasOwn(spellings, value)
      ? undefined
      : `choose ${joinChoices(choices)}`,
  boolean: (_spec, value) =>
    parseBoolean(value) === undefined ? "choose 1 or 0 (true/false, yes/no, on/off are the same)" : undefined,
  integer: ({ min = 0, max = 999_999_999 }, value) =>
    /^[0-9]{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max
      ? undefined
      : `give a whole number from ${min} to ${max}`,
  decimal: (_spec, value) => (/^[0-9]{1,9}(\.[0-9]{1,9})?$/.test(value) ? undefined : "give a number such as 1.25"),
  url: (_spec, value) =>
    isHttpUrl(value) ? undefined : "give an http or https address without user name, query or fragment",
  path: (_spec, value) =>
    value.startsWith("/") || value.startsWith("~/") ? undefined : "give an absolute path, or one that starts with ~/",
  list: ({ choices }, value) =>
    choices === undefined || splitList(value).every((item) => choices.includes(item))
      ? undefined
      : `list any of ${choices.join(", ")}, separated by commas`,
};

function isHttpUrl(value: string): boolean {
  if (!/^https?:\/\/[^\s/?#\\@]+(\/[^\s?#\\]*)?$/i.test(value)) return false;
  try {
    return new URL(value).hostname !== "";
  } catch {
    // Not an address: a port out of range, a bad host.
    return false;
  }
}
