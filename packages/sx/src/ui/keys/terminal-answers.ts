import type { InputEvent } from "./key.js";

/** The parts of a control sequence: what stands before its numbers, the numbers, what stands before its last character. */
export interface Sequence {
  readonly prefix: string;
  /** Split at `;` and within at `:`; what is missing is `undefined`. */
  readonly numbers: readonly (readonly (number | undefined)[])[];
  readonly intermediate: string;
  readonly final: string;
}

/** Reads the text between `CSI` and its last character; `undefined` when it is not made like one. */
export function parseSequence(parameters: string, final: string): Sequence | undefined {
  const parts = /^([<=>?]?)([\d;:]*)([ -/]*)$/.exec(parameters);
  if (parts === null) return undefined;
  const [, prefix = "", list = "", intermediate = ""] = parts;
  const numbers = list.split(";").map((group) => group.split(":").map(readNumber));
  return { prefix, numbers: list === "" ? [] : numbers, intermediate, final };
}

function readNumber(digits: string): number | undefined {
  return digits === "" || digits.length > 7 ? undefined : Number(digits);
}

/**
 * What a terminal says about itself in a `CSI` sequence; `undefined` when the sequence is none of these.
 * Source: xterm control sequences, "Device Status Report", "Send Device Attributes", "Request ANSI mode"; kitty keyboard
 * protocol, "Progressive enhancement"; mode 2031 of contour's "Color palette update notifications"; read 2026-11-20.
 */
export function readAnswer({ prefix, numbers, intermediate, final }: Sequence): InputEvent | undefined {
  const values = numbers.map(([value]) => value ?? 0);
  const [first = 0, second = 0] = values;
  if (final === "R" && values.length >= 2) return { type: "cursor", row: first, column: second };
  if (final === "c") return { type: "answer", about: "device", values };
  if (prefix === "?" && final === "u") return { type: "answer", about: "keyboard", values };
  if (final === "y" && intermediate === "$") return { type: "answer", about: "mode", values };
  if (prefix === "?" && final === "n" && first === 997) return { type: "scheme", isDark: second === 1 };
  if (final === "n") return { type: "answer", about: "status", values };
  if (final === "t") return { type: "answer", about: "window", values };
  if (prefix === "" && numbers.length === 0 && final === "I") return { type: "focus", isFocused: true };
  if (prefix === "" && numbers.length === 0 && final === "O") return { type: "focus", isFocused: false };
  return undefined;
}

/**
 * The answer to `OSC 10 ; ?` and `OSC 11 ; ?`, colours as X11 writes them: `rgb:ffff/ffff/ffff` with one to four digits, or
 * `#rrggbb`. Source: xterm control sequences, "Operating System Commands"; XParseColor(3); read 2026-11-20.
 */
export function readCommandAnswer(body: string): InputEvent {
  const parts = /^(10|11);(?:rgba?:([\da-f]{1,4})\/([\da-f]{1,4})\/([\da-f]{1,4})|#([\da-f]{6})$)/i.exec(body);
  if (parts === null) return { type: "answer", about: "text", values: [] };
  const [, number, red = "", green = "", blue = "", whole] = parts;
  const of = number === "10" ? "foreground" : "background";
  if (whole !== undefined) {
    const value = Number.parseInt(whole, 16);
    return { type: "color", of, red: value >> 16, green: (value >> 8) & 0xff, blue: value & 0xff };
  }
  return { type: "color", of, red: scale(red), green: scale(green), blue: scale(blue) };
}

/** `f`, `ff`, `fff` and `ffff` are all the most there is. */
function scale(digits: string): number {
  return Math.round((Number.parseInt(digits, 16) * 255) / (16 ** digits.length - 1));
}
