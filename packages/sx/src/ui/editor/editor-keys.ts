import { type Key, keyId } from "../keys/key.js";

interface KeyRow {
  /** As `keyId` spells them. The first is the one that people are told. */
  readonly keys: readonly string[];
  readonly action: string;
  /** For `/help`; rows without it are further spellings or too plain to tell. */
  readonly help?: string;
}

/**
 * What each key does. Ctrl+_ takes Shift on most keyboards, so a terminal that tells Shift apart sends it as
 * `ctrl+shift+-`: that must stay undo.
 */
export const EDITOR_KEYS = [
  { keys: ["enter"], action: "submit", help: "send; behind a backslash: new line" },
  {
    keys: ["shift+enter", "alt+enter", "ctrl+j", "ctrl+enter", "alt+shift+enter", "ctrl+alt+j"],
    action: "newLine",
    help: "new line; where the terminal cannot tell Shift+Enter: Alt+Enter, Ctrl+J, or \\ and Enter",
  },
  { keys: ["tab"], action: "complete", help: "complete /command or @file; unfold a pasted text" },
  { keys: ["escape"], action: "interrupt", help: "stop the turn; close a list" },
  { keys: ["ctrl+c"], action: "cancel", help: "clear; twice: leave" },
  { keys: ["ctrl+d"], action: "deleteOrLeave", help: "leave when nothing is written; else delete" },
  { keys: ["up"], action: "up", help: "row above; in the first row: earlier prompt" },
  { keys: ["down"], action: "down", help: "row below; in the last row: later prompt" },
  { keys: ["ctrl+p"], action: "up" },
  { keys: ["ctrl+n"], action: "down" },
  { keys: ["ctrl+r"], action: "search", help: "search earlier prompts" },
  { keys: ["shift+tab"], action: "mode", help: "next approval mode" },
  { keys: ["ctrl+o"], action: "fold", help: "fold or unfold output" },
  { keys: ["ctrl+x", "ctrl+g"], action: "openEditor", help: "write in $EDITOR" },
  { keys: ["ctrl+l"], action: "redraw", help: "draw the screen again" },
  { keys: ["ctrl+z"], action: "suspend", help: "put sx in the background" },
  { keys: ["left", "ctrl+b"], action: "left" },
  { keys: ["right", "ctrl+f"], action: "right" },
  { keys: ["alt+b", "alt+left", "ctrl+left"], action: "wordLeft", help: "word back" },
  { keys: ["alt+f", "alt+right", "ctrl+right"], action: "wordRight", help: "word on" },
  { keys: ["ctrl+a", "home"], action: "lineStart", help: "start of the line" },
  { keys: ["ctrl+e", "end"], action: "lineEnd", help: "end of the line" },
  { keys: ["ctrl+home", "alt+<"], action: "textStart" },
  { keys: ["ctrl+end", "alt+>"], action: "textEnd" },
  { keys: ["backspace", "ctrl+h", "shift+backspace"], action: "eraseLeft" },
  { keys: ["delete", "shift+delete"], action: "eraseRight" },
  { keys: ["ctrl+w"], action: "killSpacedWordLeft", help: "cut the word before, up to a space" },
  { keys: ["alt+backspace", "ctrl+backspace", "ctrl+alt+h"], action: "killWordLeft", help: "cut the word before" },
  { keys: ["alt+d", "alt+delete", "ctrl+delete"], action: "killWordRight", help: "cut the word behind" },
  { keys: ["ctrl+k"], action: "killToEnd", help: "cut to the end of the line" },
  { keys: ["ctrl+u"], action: "killToStart", help: "cut to the start of the line" },
  { keys: ["ctrl+y"], action: "yank", help: "put back what was cut" },
  { keys: ["alt+y"], action: "yankPop", help: "put back what was cut before that" },
  { keys: ["ctrl+t"], action: "transpose", help: "swap two characters" },
  {
    keys: ["ctrl+_", "ctrl+/", "ctrl+-", "ctrl+shift+-", "ctrl+shift+_", "ctrl+7"],
    action: "undo",
    help: "undo",
  },
  { keys: ["alt+/", "alt+_", "alt+shift+-", "ctrl+shift+z"], action: "redo", help: "redo" },
] as const satisfies readonly KeyRow[];

export type EditorAction = (typeof EDITOR_KEYS)[number]["action"];

let actions: ReadonlyMap<string, EditorAction> | undefined;

/** What a key does in the editor; `undefined` for one that types, or does nothing. */
export function findAction(key: Key): EditorAction | undefined {
  actions ??= new Map(EDITOR_KEYS.flatMap(({ keys, action }) => keys.map((id) => [id, action] as const)));
  return actions.get(keyId(key));
}

/** The keys for people, in the order of the table: `Ctrl+K` and what it does. */
export function keyHelp(): readonly { readonly keys: string; readonly does: string }[] {
  const rows: readonly KeyRow[] = EDITOR_KEYS;
  return rows.flatMap(({ keys: [first = ""], help }) =>
    help === undefined ? [] : [{ keys: first.split("+").map(capital).join("+"), does: help }],
  );
}

function capital(part: string): string {
  return part === "escape" ? "Esc" : part.slice(0, 1).toUpperCase() + part.slice(1);
}
