import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cellWidth } from "../../../src/ui/cell-width.js";
import { TypedEditor } from "./editor-harness.js";

const UP = "\u001b[A";

test("an empty editor shows its prompt and its placeholder", () => {
  const typed = new TypedEditor({ placeholder: "ask something that is long" });
  expect(typed.screen()).toEqual(["> |ask something th…"]);
  expect(new TypedEditor().screen()).toEqual(["> |"]);
});

test("text is wrapped behind the prompt, and the cursor has a cell of its own", () => {
  const typed = new TypedEditor();
  typed.type("one two three four");
  expect(typed.screen(13)).toEqual(["> one two ", "  three four|"]);
  typed.type("\u001b\rx");
  expect(typed.screen(13)).toEqual(["> one two ", "  three four", "  x|"]);
});

test("wide characters, tabs and marks", () => {
  const typed = new TypedEditor();
  typed.paste("世界\t\u0301e\u0301");
  const { rows, cursorColumn } = typed.editor.rows(30);
  expect(rows).toEqual(["> 世界    e\u0301"]);
  expect(cursorColumn).toBe(2 + 4 + 4 + 1);
});

describe("more rows than there is room for", () => {
  const typed = new TypedEditor();
  typed.type(Array.from({ length: 9 }, (_, index) => `line ${index}`).join("\n"));

  test("the cursor's row is seen, and where there is more", () => {
    expect(typed.screen(20, 3)).toEqual(["↑ line 6", "  line 7", "  line 8|"]);
    typed.type(UP);
    expect(typed.screen(20, 3)).toEqual(["↑ line 6", "  line 7|", "  line 8"]);
    typed.type(UP + UP);
    expect(typed.screen(20, 3)).toEqual(["↑ line 5|", "  line 6", "↓ line 7"]);
    typed.type(UP.repeat(5));
    expect(typed.screen(20, 3)).toEqual(["> line 0|", "  line 1", "↓ line 2"]);
  });

  test("when text goes away, what is above comes down", () => {
    typed.type("\u001b[1;5F");
    expect(typed.screen(20, 3)).toEqual(["↑ line 6", "  line 7", "  line 8|"]);
    typed.type("\u0015\u0015\u0015\u0015");
    expect(typed.screen(20, 3)).toEqual(["↑ line 4", "  line 5", "  line 6|"]);
  });
});

test("a list stands under the text, its rows cut to the screen", () => {
  const typed = new TypedEditor({
    completion: {
      commands: () => [
        { name: "model", description: "choose the model for the rest of this conversation" },
        { name: "mode-with-a-name-that-is-far-too-long-for-any-screen-of-this-width", description: "x" },
      ],
      defer: setImmediate,
      onChange: () => undefined,
      nowMs: () => 0,
    },
  });
  typed.type("/mo");
  expect(typed.screen(40)).toEqual([
    "> /mo|",
    `› /model${" ".repeat(31)}`.trimEnd(),
    "  /mode-with-a-name-that-is-far-too-lo…",
  ]);
  expect(typed.screen(8)).toEqual(["/mo|"]);
});

test("the search shows the line that was found, with what is around it", () => {
  const typed = new TypedEditor();
  typed.editor.addHistory([`first\n${"x".repeat(60)} needle and more\nlast`]);
  typed.type("\u0012");
  expect(typed.screen(30)).toEqual(["search: |", "type to search earlier prompts"]);
  typed.type("needle");
  const [head, found] = typed.screen(30);
  expect(head).toBe("search: needle|");
  expect(found).toContain("needle");
  typed.type("?");
  expect(typed.screen(30)[1]).toBe("nothing found");
});

test("whatever is typed, every row fits and the cursor is in one of them", () => {
  const parts = fc.array(
    fc.constantFrom(
      "a",
      "word ",
      "\n",
      "\t",
      "世",
      "👩‍👩‍👧",
      "e\u0301",
      "\u0301",
      "\u200b",
      "/m",
      "@",
      "x".repeat(50),
      "\u2028",
      UP,
      "\u001b[D",
      "\u0012",
    ),
    { maxLength: 30 },
  );
  const pastes = fc.constantFrom("", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj", "/tmp/picture.png", "世".repeat(1200));
  fc.assert(
    fc.property(
      parts,
      pastes,
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 5 }),
      (typing, pasted, columns, most) => {
        const typed = new TypedEditor({
          prompt: "❯ ",
          placeholder: "ask",
          isImage: () => true,
          completion: {
            commands: () => [{ name: "model", description: "choose 世界 \u001b[2J" }],
            defer: setImmediate,
            onChange: () => undefined,
            nowMs: () => 0,
          },
        });
        typed.editor.addHistory(["old 世界\nline"]);
        typed.paste(pasted);
        typed.type(typing.join(""));
        for (const width of [columns, columns + 7, columns]) {
          const { rows, cursorRow, cursorColumn } = typed.editor.rows(width, most);
          for (const row of rows) {
            expect(cellWidth(row)).toBeLessThanOrEqual(width);
            expect(row).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
            expect(row.isWellFormed()).toBe(true);
          }
          expect(rows[cursorRow]).toBeDefined();
          expect(cursorColumn).toBeLessThan(width);
        }
        typed.editor.close();
      },
    ),
    { numRuns: 300 },
  );
});
