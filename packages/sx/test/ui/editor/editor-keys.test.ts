import { expect, test } from "vitest";
import { EDITOR_KEYS, findAction, keyHelp } from "../../../src/ui/editor/editor-keys.js";
import { KeyParser } from "../../../src/ui/keys/key-parser.js";

const ESC = "\u001b";

test("no key is there twice", () => {
  const keys = EDITOR_KEYS.flatMap((row) => row.keys as readonly string[]);
  expect(keys).toEqual([...new Set(keys)]);
});

test.each([
  ["\r", "submit"],
  [`${ESC}[13;2u`, "newLine"],
  [`${ESC}[27;2;13~`, "newLine"],
  [`${ESC}\r`, "newLine"],
  ["\n", "newLine"],
  ["\t", "complete"],
  [`${ESC}[Z`, "mode"],
  ["\u0003", "cancel"],
  [`${ESC}[99;5u`, "cancel"],
  ["\u0004", "deleteOrLeave"],
  ["\u000c", "redraw"],
  ["\u000f", "fold"],
  ["\u0012", "search"],
  ["\u0018", "openEditor"],
  ["\u001a", "suspend"],
  ["\u001f", "undo"],
  [`${ESC}[45;6u`, "undo"],
  [`${ESC}[45:95;6u`, "undo"],
  [`${ESC}[27;6;95~`, "undo"],
  [`${ESC}/`, "redo"],
  [`${ESC}[47;3u`, "redo"],
  [`${ESC}[5~`, undefined],
  [`${ESC}[24~`, undefined],
  ["a", undefined],
])("%j does %j", (bytes, action) => {
  const [event] = new KeyParser().push(Buffer.from(bytes));
  expect(event?.type === "key" ? findAction(event.key) : "no key").toBe(action);
});

test("people are told the keys in words", () => {
  const help = keyHelp();
  expect(help[0]).toEqual({ keys: "Enter", does: "send; behind a backslash: new line" });
  expect(help.map(({ keys }) => keys)).toEqual(expect.arrayContaining(["Shift+Enter", "Ctrl+K", "Esc", "Alt+/"]));
});
