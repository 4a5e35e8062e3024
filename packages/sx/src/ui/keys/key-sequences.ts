import type { Key } from "./key.js";

/**
 * Last characters of `CSI` and `SS3` sequences.
 * Source: xterm control sequences, "PC-Style Function Keys"; kitty keyboard protocol, "Legacy functional keys"; both read
 * 2026-11-20.
 */
export const FINAL_KEYS: Readonly<Record<string, string>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  E: "begin",
  F: "end",
  H: "home",
  P: "f1",
  Q: "f2",
  R: "f3",
  S: "f4",
};

/** Keys of a keypad in application mode: `SS3` and one of these. Source: xterm control sequences, "VT220-Style". */
export const KEYPAD_KEYS: Readonly<Record<string, string>> = {
  " ": "space",
  I: "tab",
  M: "enter",
  X: "=",
  j: "*",
  k: "+",
  l: ",",
  m: "-",
  n: ".",
  o: "/",
  p: "0",
  q: "1",
  r: "2",
  s: "3",
  t: "4",
  u: "5",
  v: "6",
  w: "7",
  x: "8",
  y: "9",
};

/** `CSI number ~`. 1 and 4 are those of the Linux console, screen and tmux, 7 and 8 those of rxvt. */
export const TILDE_KEYS: Readonly<Record<number, string>> = {
  1: "home",
  2: "insert",
  3: "delete",
  4: "end",
  5: "pageup",
  6: "pagedown",
  7: "home",
  8: "end",
  11: "f1",
  12: "f2",
  13: "f3",
  14: "f4",
  15: "f5",
  17: "f6",
  18: "f7",
  19: "f8",
  20: "f9",
  21: "f10",
  23: "f11",
  24: "f12",
  25: "f13",
  26: "f14",
  28: "f15",
  29: "f16",
  31: "f17",
  32: "f18",
  33: "f19",
  34: "f20",
};

/** Code points that stand for keys in `CSI code u`. Source: kitty keyboard protocol, "Functional key definitions". */
const CODE_KEYS: Readonly<Record<number, string>> = {
  8: "backspace",
  9: "tab",
  13: "enter",
  27: "escape",
  32: "space",
  127: "backspace",
  57414: "enter",
  57417: "left",
  57418: "right",
  57419: "up",
  57420: "down",
  57421: "pageup",
  57422: "pagedown",
  57423: "home",
  57424: "end",
  57425: "insert",
  57426: "delete",
  57427: "begin",
};
/** From 57399 on: the keypad's digits and signs; 57414 is its Enter. */
const KEYPAD_TEXT = "0123456789./*-+";
const KEYPAD_FIRST = 57399;
/** 57376 is F13, and so on to F35. */
const F13 = 57376;
const F35 = 57398;

/** Which keys are held, as bits above one. Source: xterm control sequences and kitty keyboard protocol, "Modifiers". */
export interface Modifiers {
  readonly shift: boolean;
  readonly alt: boolean;
  readonly ctrl: boolean;
  readonly capsLock: boolean;
  /** Super or Hyper: the key belongs to the desktop, not to us. */
  readonly foreign: boolean;
}

/** From the number in a sequence; absent or senseless is none. */
export function parseModifiers(value: number | undefined): Modifiers {
  const bits = value === undefined || value < 1 || value > 256 ? 0 : value - 1;
  const has = (bit: number): boolean => (bits & bit) !== 0;
  return { shift: has(1), alt: has(2) || has(32), ctrl: has(4), foreign: has(8) || has(16), capsLock: has(64) };
}

/** As xterm counts them: its bit 8 is Meta, and iTerm2 sends it for Option. In `CSI u` that bit is Super. */
export function parseXtermModifiers(value: number | undefined): Modifiers {
  const held = parseModifiers(value);
  return held.foreign ? { ...held, alt: true, foreign: false } : held;
}

/** A key without text, as in function keys. */
export function namedKey(name: string, held: Partial<Modifiers> = {}): Key {
  return { name, ctrl: held.ctrl === true, alt: held.alt === true, shift: held.shift === true };
}

/** A character that was typed as it is. */
export function typedKey(character: string, alt = false): Key {
  const lower = character.toLowerCase();
  const name = character === " " ? "space" : lower;
  const key = { name, ctrl: false, alt, shift: lower !== character };
  return alt ? key : { ...key, text: character };
}

/** The key of a C0 control character or DEL. */
export function controlKey(code: number, alt: boolean): Key {
  if (code === 0x0d) return namedKey("enter", { alt });
  if (code === 0x09) return namedKey("tab", { alt });
  if (code === 0x1b) return namedKey("escape", { alt });
  if (code === 0x7f) return namedKey("backspace", { alt });
  if (code === 0) return namedKey("space", { ctrl: true, alt });
  return namedKey(String.fromCharCode(code + 0x40).toLowerCase(), { ctrl: true, alt });
}

export interface CodedKey {
  readonly code: number;
  readonly held: Modifiers;
  /** What Shift makes of the key, and what it is on the standard layout, when the terminal tells. */
  readonly shifted?: number | undefined;
  readonly base?: number | undefined;
  /** Code points of the text, when the terminal tells. */
  readonly text?: readonly number[];
  /** True when `code` is the character itself and not the key: there Shift has been used up. */
  readonly isCharacter: boolean;
}

/** The key of `CSI code u` and of xterm's modifyOtherKeys; `undefined` for what is nobody's key here. */
export function codedKey(coded: CodedKey): Key | undefined {
  const { code, held } = coded;
  if (held.foreign) return undefined;
  const name = CODE_KEYS[code];
  if (name !== undefined && name !== "space") return namedKey(name, held);
  if (code >= F13 && code <= F35) return namedKey(`f${13 + code - F13}`, held);
  const keypad = code >= KEYPAD_FIRST ? KEYPAD_TEXT[code - KEYPAD_FIRST] : undefined;
  const own = keypad ?? printable(code);
  if (own === undefined) return undefined;
  if (held.ctrl || held.alt) return shortcut(own, coded);
  const upper = held.shift !== held.capsLock && own.toLowerCase() !== own.toUpperCase();
  const typed = coded.isCharacter ? own : upper ? own.toUpperCase() : own;
  const shifted = held.shift ? printable(coded.shifted ?? -1) : undefined;
  const told = (coded.text ?? []).map((point) => printable(point) ?? "").join("");
  const text = told === "" ? (shifted ?? typed) : told;
  return { ...typedKey(text), ...(own === " " ? { shift: held.shift } : {}), text };
}

/** With Ctrl or Alt: on a layout without Latin letters the key's place counts, `Ctrl+С` is `ctrl+c`. */
function shortcut(own: string, { code, held, shifted, base, isCharacter }: CodedKey): Key {
  const place = code > 0x7f ? (printable(base ?? -1) ?? own) : own;
  if (place === " ") return namedKey("space", held);
  const isLetter = place.toLowerCase() !== place.toUpperCase();
  if (isLetter) return namedKey(place.toLowerCase(), { ...held, shift: held.shift || place !== place.toLowerCase() });
  if (isCharacter) return namedKey(place, { ...held, shift: false });
  const over = held.shift ? printable(shifted ?? -1) : undefined;
  return over === undefined ? namedKey(place, held) : namedKey(over, { ...held, shift: false });
}

function printable(code: number): string | undefined {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code > 0x10ffff) return undefined;
  // Surrogates are no characters; the private area below F900 holds the protocol's keys that are not text.
  if ((code >= 0xd800 && code <= 0xdfff) || (code >= 57344 && code <= 63743)) return undefined;
  return String.fromCodePoint(code);
}
