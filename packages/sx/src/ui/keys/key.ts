/** One press of a key, whatever bytes the terminal has for it. */
export interface Key {
  /** `a`, `é`, `_`, or a word: `enter`, `up`, `pageup`, `f5`, `space`. Letters are lower case. */
  readonly name: string;
  readonly ctrl: boolean;
  /** Alt, Option or Meta. */
  readonly alt: boolean;
  /** Of a character that is no letter, only where the terminal tells it apart from the character itself. */
  readonly shift: boolean;
  /** What the key types, if it types anything; never a control character. */
  readonly text?: string;
}

/** All that a terminal may send. */
export type InputEvent =
  | { readonly type: "key"; readonly key: Key }
  /** `droppedChars` tells how much was beyond the limit and is lost. The text is as it came, control characters too. */
  | { readonly type: "paste"; readonly text: string; readonly droppedChars: number }
  | { readonly type: "focus"; readonly isFocused: boolean }
  /** Where the cursor is, from 1. */
  | { readonly type: "cursor"; readonly row: number; readonly column: number }
  /** A colour of the terminal, each part from 0 to 255. */
  | {
      readonly type: "color";
      readonly of: "foreground" | "background";
      readonly red: number;
      readonly green: number;
      readonly blue: number;
    }
  /** The system's choice, where the terminal tells of its changes. */
  | { readonly type: "scheme"; readonly isDark: boolean }
  /** Any other answer to a question; `values` are its numbers. */
  | { readonly type: "answer"; readonly about: AnswerKind; readonly values: readonly number[] };

export type AnswerKind = "device" | "status" | "keyboard" | "mode" | "window" | "text";

/** The key's one spelling in tables: `ctrl+alt+shift+name`, without the parts that are not pressed. */
export function keyId(key: Key): string {
  return `${key.ctrl ? "ctrl+" : ""}${key.alt ? "alt+" : ""}${key.shift ? "shift+" : ""}${key.name}`;
}

/** Whether text on this background should be light. Weights: ITU-R BT.601 luma. */
export function isDarkColor({ red, green, blue }: { red: number; green: number; blue: number }): boolean {
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}
