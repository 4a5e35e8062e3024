import fc from "fast-check";
import { expect, it } from "vitest";
import { cellWidth } from "../../../src/ui/cell-width.js";
import { TextField } from "../../../src/ui/chat/text-field.js";
import { keyOf } from "./chat-harness.js";

it.each([
  { keys: ["a", "b"], text: "ab" },
  { keys: ["a", "b", "backspace"], text: "a" },
  { keys: ["a", "left", "b"], text: "ba" },
  { keys: ["a", "b", "home", "delete"], text: "b" },
  { keys: ["a", "left", "delete", "delete"], text: "" },
  { keys: ["a", "ctrl+u"], text: "" },
  { keys: ["a", "b", "left", "ctrl+k"], text: "a" },
  { keys: ["a", "left", "right", "end", "b"], text: "ab" },
  { keys: ["backspace", "left", "right", "up", "f5"], text: "" },
])("$keys", ({ keys, text }) => {
  const field = new TextField();
  for (const name of keys) field.handle(keyOf(name));
  expect(field.text).toBe(text);
});

it("cuts words and whole characters", () => {
  const field = new TextField();
  field.insert("one two 👩‍💻");
  field.handle(keyOf("backspace"));
  expect(field.text).toBe("one two ");
  field.handle(keyOf("ctrl+w"));
  expect(field.text).toBe("one ");
});

it("shows the stretch around the cursor in any room", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 60 }),
      fc.nat(60),
      fc.integer({ min: 3, max: 40 }),
      (text, back, room) => {
        const field = new TextField();
        field.insert(text);
        for (let step = 0; step < back; step += 1) field.handle(keyOf("left"));
        const view = field.view(room);
        expect(cellWidth(view.text)).toBeLessThan(room);
        expect(view.column).toBeLessThan(room);
      },
    ),
  );
});
