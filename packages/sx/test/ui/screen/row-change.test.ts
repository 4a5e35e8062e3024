import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { changeRow } from "../../../src/ui/screen/row-change.js";
import { createTheme } from "../../../src/ui/theme.js";
import { openVirtualTerminal } from "../../terminal/virtual-terminal.js";

const { dim, strong, added, underline } = createTheme({ color: true, background: "dark", hyperlinks: false });

it.each([
  { name: "a longer row", old: "the text so", row: "the text so far", bytes: "\u001b[12G far" },
  { name: "a spinner", old: "⠋ 3 s · model", row: "⠙ 3 s · model", bytes: "\r⠙" },
  { name: "a clock in a style", old: dim("3 s") + " · model", row: dim("4 s") + " · model", bytes: "\r" + dim("4 s") },
  { name: "a shorter row", old: "one two three", row: "one two", bytes: "\u001b[8G\u001b[K" },
  { name: "something before the same end", old: "9 s · model", row: "10 s · model", bytes: "\r10 s · model" },
  { name: "a row where none was", old: "", row: "text", bytes: "\rtext" },
])("writes only what differs: $name", ({ old, row, bytes }) => {
  expect(changeRow(old, row)).toBe(bytes);
});

it.each([
  { name: "a combining mark", old: "e", row: "e\u0301" },
  { name: "an emoji before", old: "🙂 a", row: "🙂 ab" },
  { name: "a joiner", old: "👩", row: "👩\u200d💻" },
])("writes the whole row where columns are not certain: $name", ({ old, row }) => {
  expect(changeRow(old, row)).toBe(`\r\u001b[K${row}`);
});

it("leaves what a whole new row would leave, styles too", async () => {
  const part = fc
    .tuple(
      fc.constantFrom(String, dim, strong, added, (text: string) => underline(added(strong(text)))),
      fc.string({
        unit: fc.constantFrom("a", "b", " ", "世", "é", "·"),
        maxLength: 4,
      }),
    )
    .map(([paint, text]) => (text === "" ? "" : paint(text)));
  const row = fc.array(part, { maxLength: 5 }).map((parts) => parts.join(""));
  const [one, other] = [openVirtualTerminal(60, 3), openVirtualTerminal(60, 3)];
  onTestFinished(() => {
    one.dispose();
    other.dispose();
  });
  await fc.assert(
    fc.asyncProperty(row, row, async (old, next) => {
      await one.write(`\u001b[2J\u001b[H${old}${changeRow(old, next)}`);
      await other.write(`\u001b[2J\u001b[H${next}`);
      expect(one.styles()).toEqual(other.styles());
    }),
    { numRuns: 500 },
  );
});
