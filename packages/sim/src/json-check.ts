/** Plain checks over JSON that somebody else wrote: each names the place, what is there, and what is allowed. */

/** Looks at the value at `at` and throws CheckError when it is not allowed. */
export type Check = (value: unknown, at: string) => void;

/** `message` opens with the place: `turn 2 reply[0].deltas is "x"; must be …`. */
export class CheckError extends Error {
  override readonly name = "CheckError";
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects of a list; none where it is no list. */
export function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((entry) => isObject(entry)) : [];
}

/** Empty where it is no text. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A value for a message: JSON, cut to 60 characters. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return "an object";
  const text = value === undefined ? "missing" : JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

/** The usual refusal: `turn 1.times is 0; must be …`. */
function mustBe(value: unknown, at: string, what: string): CheckError {
  return new CheckError(`${at} is ${show(value)}; must be ${what}`);
}

export function text(maxChars: number, minChars = 0): Check {
  return (value, at) => {
    if (typeof value !== "string") throw mustBe(value, at, "text");
    if (value.length > maxChars || value.length < minChars) {
      throw new CheckError(`${at} has ${value.length} characters; must have ${minChars} to ${maxChars}`);
    }
  };
}

export function whole(min: number, max: number): Check {
  return (value, at) => {
    if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
      throw mustBe(value, at, `a whole number from ${min} to ${max}`);
    }
  };
}

export function number(min: number, max: number): Check {
  return (value, at) => {
    if (typeof value !== "number" || value < min || value > max)
      throw mustBe(value, at, `a number from ${min} to ${max}`);
  };
}

export const flag: Check = (value, at) => {
  if (typeof value !== "boolean") throw mustBe(value, at, "true or false");
};

export function oneOf(words: readonly string[]): Check {
  return (value, at) => {
    if (typeof value !== "string" || !words.includes(value)) throw mustBe(value, at, `one of ${words.join(", ")}`);
  };
}

/** The first alternative whose `when` holds decides; so a message speaks of one shape, not of all. */
export function either(
  alternatives: readonly { when: (value: unknown) => boolean; check: Check }[],
  what: string,
): Check {
  return (value, at) => {
    const chosen = alternatives.find(({ when }) => when(value));
    if (chosen === undefined) throw mustBe(value, at, what);
    chosen.check(value, at);
  };
}

export function list(item: Check, maxItems: number): Check {
  return (value, at) => {
    if (!Array.isArray(value)) throw mustBe(value, at, "a list");
    if (value.length > maxItems)
      throw new CheckError(`${at} has ${value.length} entries; at most ${maxItems} are allowed`);
    for (const [index, entry] of value.entries()) item(entry, `${at}[${index}]`);
  };
}

/** An object with these fields and no others; those in `required` must be there. */
export function object(fields: Readonly<Record<string, Check>>, required: readonly string[] = []): Check {
  return (value, at) => {
    if (!isObject(value)) throw mustBe(value, at, "an object");
    for (const name of Object.keys(value)) {
      const check = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (check === undefined) {
        throw new CheckError(`${at} has the unknown field ${show(name)}; known are ${Object.keys(fields).join(", ")}`);
      }
      check(value[name], `${at}.${name}`);
    }
    for (const name of required)
      if (!Object.hasOwn(value, name)) throw new CheckError(`${at} lacks the field "${name}"`);
  };
}

/** An object whose keys are free and whose values are all alike. */
export function dictionary(key: Check, entry: Check): Check {
  return (value, at) => {
    if (!isObject(value)) throw mustBe(value, at, "an object");
    for (const [name, content] of Object.entries(value)) {
      key(name, `${at}, the name ${show(name)}`);
      entry(content, `${at}[${show(name)}]`);
    }
  };
}

/** Any JSON whose nesting stays within `maxDepth`, so that later walks over it cannot overflow. */
export function anyJson(maxDepth: number): Check {
  return (value, at) => {
    if (isDeeperThan(value, maxDepth)) throw new CheckError(`${at} is nested deeper than ${maxDepth} levels`);
  };
}

/** Walks level by level, not by recursion: the depth is what is in doubt. */
function isDeeperThan(value: unknown, maxDepth: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    level = level.flatMap((entry) => (typeof entry === "object" && entry !== null ? Object.values(entry) : []));
    if (depth >= maxDepth && level.length > 0) return true;
  }
  return false;
}

/** JSON as its value, anything else as the text that it is. */
export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not every request has a JSON body; a text is compared as a text.
    return text;
  }
}
