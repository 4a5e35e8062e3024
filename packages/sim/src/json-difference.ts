import { isObject, show } from "./json-check.js";

/** Where two JSON values part, as a path such as `input[3].output`, and both values there in short. */
export interface Difference {
  readonly path: string;
  readonly wanted: string;
  readonly got: string;
}

/** What stands in a recording for a secret; it matches any text. */
export const REMOVED = "[redacted]";

/** Characters that a message shows of two long texts from the place where they part. */
const SHOWN_CHARS = 80;

/**
 * The first difference in reading order, objects by the keys of `wanted`. Nesting beyond what one stack holds is the
 * caller's to refuse.
 */
export function firstDifference(wanted: unknown, got: unknown, path = ""): Difference | undefined {
  if (Array.isArray(wanted) && Array.isArray(got)) {
    for (let index = 0; index < Math.max(wanted.length, got.length); index += 1) {
      const at = `${path}[${index}]`;
      if (index >= wanted.length) return { path: at, wanted: "nothing", got: show(got[index]) };
      if (index >= got.length) return { path: at, wanted: show(wanted[index]), got: "nothing" };
      const found = firstDifference(wanted[index], got[index], at);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (isObject(wanted) && isObject(got)) {
    for (const name of new Set([...Object.keys(wanted), ...Object.keys(got)])) {
      const at = path === "" ? name : `${path}.${name}`;
      if (!Object.hasOwn(got, name)) return { path: at, wanted: show(wanted[name]), got: "nothing" };
      if (!Object.hasOwn(wanted, name)) return { path: at, wanted: "nothing", got: show(got[name]) };
      const found = firstDifference(wanted[name], got[name], at);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (typeof wanted === "string" && typeof got === "string") {
    return matchesText(wanted, got) ? undefined : { path, ...partingTexts(wanted, got) };
  }
  return Object.is(wanted, got) ? undefined : { path, wanted: show(wanted), got: show(got) };
}

/** Equal, where every removed secret stands for any text. */
function matchesText(wanted: string, got: string): boolean {
  if (wanted === got) return true;
  const [first = "", ...rest] = wanted.split(REMOVED);
  const last = rest.pop();
  if (last === undefined || !got.startsWith(first)) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = got.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return got.length - last.length >= at && got.endsWith(last);
}

/** Of long texts only the stretch where they part is worth a line. */
function partingTexts(wanted: string, got: string): { wanted: string; got: string } {
  let at = 0;
  while (at < wanted.length && at < got.length && wanted[at] === got[at]) at += 1;
  const start = at <= 20 ? 0 : at - 20;
  const cut = (text: string): string =>
    `${start > 0 ? "…" : ""}${JSON.stringify(text.slice(start, start + SHOWN_CHARS))}${text.length > start + SHOWN_CHARS ? "…" : ""}`;
  return { wanted: cut(wanted), got: cut(got) };
}
