const REPLACEMENT = "[redacted]";

/** Shorter values are too likely to be ordinary words: hiding them would garble everything. */
const MIN_LENGTH = 6;

/**
 * A secret as it may be shown: `****` and its last four characters; only `****` when it is short, so that at most a
 * third is seen, or when its end is not plain ASCII. Empty stays empty.
 */
export function maskSecret(value: string): string {
  if (value === "") return "";
  const shown = value.length >= 12 ? value.slice(-4) : "";
  return /^[\u0021-\u007e]*$/u.test(shown) ? `****${shown}` : "****";
}

export interface Redactor {
  /** From now on this value is hidden too. Values under six characters are ignored. */
  add(secret: string): void;
  /**
   * The text with every known secret, in each of its spellings, replaced by `[redacted]`. Overlapping ones are
   * replaced together, so that no end of one is left. A secret that is cut between two calls is not found: hand in
   * whole lines, or hold back the last `longest - 1` characters until more has come.
   */
  redact(text: string): string;
  /** Length of the longest spelling known so far, in characters; 0 without secrets. */
  readonly longest: number;
}

/** Hides exact values; it does not guess what else might be secret. */
export function createRedactor(secrets: Iterable<string> = []): Redactor {
  const forms = new Set<string>();
  let longest = 0;
  function add(secret: string): void {
    if (secret.length < MIN_LENGTH) return;
    for (const form of buildForms(secret)) {
      forms.add(form);
      longest = Math.max(longest, form.length);
    }
  }
  for (const secret of secrets) add(secret);
  return {
    add,
    redact: (text) => redactForms(text, forms),
    get longest() {
      return longest;
    },
  };
}

function redactForms(text: string, forms: ReadonlySet<string>): string {
  let found: [start: number, end: number][] | undefined;
  for (const form of forms) {
    for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1)) {
      found ??= [];
      found.push([at, at + form.length]);
    }
  }
  if (found === undefined) return text;
  found.sort((a, b) => a[0] - b[0]);
  let result = "";
  let [[start, end] = [0, 0]] = found;
  let copied = 0;
  for (const [nextStart, nextEnd] of found) {
    if (nextStart > end) {
      result += text.slice(copied, start) + REPLACEMENT;
      copied = end;
      start = nextStart;
    }
    end = Math.max(end, nextEnd);
  }
  return result + text.slice(copied, start) + REPLACEMENT + text.slice(end);
}

/** The value itself, and what JSON, URLs, forms and base64 make of it. */
function buildForms(secret: string): ReadonlySet<string> {
  const json = JSON.stringify(secret).slice(1, -1);
  const forms = new Set([secret, json, json.replaceAll("/", "\\/"), escapeNonAscii(json)]);
  const bytes = Buffer.from(secret, "utf8");
  // Back from the bytes: a lone surrogate, which has no URL form, has then become what any encoder would have sent.
  const url = encodeURIComponent(bytes.toString("utf8"));
  for (const encoded of [url, url.replaceAll("%20", "+")]) {
    forms.add(encoded);
    forms.add(encoded.replaceAll(/%[0-9A-F]{2}/gu, (hex) => hex.toLowerCase()));
  }
  for (const encoded of buildBase64Forms(bytes)) {
    forms.add(encoded);
    forms.add(encoded.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return forms;
}

function escapeNonAscii(json: string): string {
  return json.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * Base64 spells a value in three ways, by its distance from the start of what was encoded (`user:secret`, say). Of each
 * only the characters are kept that no neighbouring byte takes part in.
 */
function buildBase64Forms(bytes: Uint8Array): readonly string[] {
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    const first = Math.ceil((offset * 8) / 6);
    const last = Math.floor(((offset + bytes.length) * 8) / 6);
    return encoded.slice(first, last);
  });
}
