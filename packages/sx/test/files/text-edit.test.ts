import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildHunks, type LineHunk } from "../../src/files/line-hunks.js";
import { applyEdits, type TextEdit } from "../../src/files/text-edit.js";
import { wholeChange } from "../../src/files/text-change.js";
import { decodeText, encodeText } from "../../src/files/text-file.js";

const edit = (oldString: string, newString: string, replaceAll = false): TextEdit => ({
  oldString,
  newString,
  replaceAll,
});

describe("applyEdits", () => {
  const rows: readonly [name: string, text: string, edits: TextEdit[], expected: string][] = [
    ["one word", "let a = 1;\n", [edit("a", "b")], "let b = 1;\n"],
    ["LF matches CRLF, and CRLF is written", "a\r\nb\r\nc\r\n", [edit("a\nb", "a\nx\nb")], "a\r\nx\r\nb\r\nc\r\n"],
    ["CRLF of the model matches LF", "a\nb\n", [edit("a\r\nb", "x\r\ny")], "x\ny\n"],
    ["mixed endings stay where they are", "a\r\nb\nc\r\nd\n", [edit("b\nc\nd", "B\nc\nD")], "a\r\nB\nc\r\nD\n"],
    ["a new line takes the ending of the line before", "a\r\nb\nc", [edit("b", "x\ny")], "a\r\nx\r\ny\nc"],
    ["no final newline stays so", "a\nb", [edit("b", "c")], "a\nc"],
    ["a lone CR is a character", "a\rb\r\n", [edit("a\rb", "c")], "c\r\n"],
    ["U+2028 is no line end", "a\u2028b\n", [edit("a\u2028b", "c")], "c\n"],
    ["every occurrence", "x x x", [edit("x", "yy", true)], "yy yy yy"],
    ["every occurrence, apart", "aaaa", [edit("aa", "b", true)], "bb"],
    ["in order", "a", [edit("a", "b"), edit("b", "c")], "c"],
    ["deletion", "a\nb\nc\n", [edit("b\n", "")], "a\nc\n"],
    ["dollar signs are plain", "a", [edit("a", "$& $1 $$")], "$& $1 $$"],
  ];
  it.each(rows)("%s", (_name, text, edits, expected) => {
    expect(applyEdits(text, edits).text).toBe(expected);
  });

  const failures: readonly [name: string, text: string, edits: TextEdit[], message: string | RegExp][] = [
    ["several", "x\ny\nx\n", [edit("x", "z")], /occurs 2 times \(lines 1, 3\); add lines/],
    ["overlapping occurrences count", "aaa", [edit("aa", "b")], /occurs 2 times \(line 1\)/],
    ["many", "x\n".repeat(14), [edit("x", "z")], /lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 4 more/],
    ["empty", "a", [edit("", "b")], /old_string is empty/],
    ["no change", "a\r\n", [edit("a\r\n", "a\n")], /are the same/],
    ["line numbers", "one\ntwo\n", [edit("1\tone\n2\ttwo", "x")], /line numbers of read's output/],
    ["escaped", "a\n\tb\n", [edit("a\\n\\tb", "x")], /escaped once too often/],
    [
      "white space",
      "if (a) {\n\treturn b;\n}\n",
      [edit("if (a) {\n  return b;\n}", "x")],
      /only white space differs; the file has\n1\tif \(a\) \{\n2\t\treturn b;\n3\t\}/,
    ],
    [
      "quotes",
      "say “hello”\n",
      [edit('say "hello"', "x")],
      /only quotes, dashes or invisible characters differ; the file has\n1\tsay “hello”/,
    ],
    [
      "a near line",
      "a\nfunction loadConfig() {\nb",
      [edit("function loadConfigs() {", "x")],
      /the nearest lines are\n2\tfunction loadConfig\(\) \{/,
    ],
    ["too many", "x".repeat(100_001), [edit("x", "y", true)], /more than 100000 times; use bash/],
    ["nothing like it", "a\n", [edit("completely different", "x")], /no line is similar/],
    [
      "one of several",
      "a b",
      [edit("a", "c"), edit("q", "r")],
      /^edit 2 of 2: old_string is not in the file[^]*none of the edits was made$/,
    ],
  ];
  it.each(failures)("refuses: %s", (_name, text, edits, message) => {
    expect(() => applyEdits(text, edits)).toThrow(message);
  });

  it("explains without delay what a careless model sends", () => {
    const text = "a\n".repeat(20_000);
    expect(() => applyEdits(text, [edit("\n".repeat(200_000), "x")])).toThrow(/not in the file/);
    expect(() => applyEdits(text, [edit(`${"a\n".repeat(20_000)}b`, "x")])).toThrow(/not in the file/);
    expect(() => applyEdits(text, [edit(" ".repeat(200_000), "x")])).toThrow(/not in the file/);
  });

  it("changes no byte outside the edit, in any encoding, with any line endings", () => {
    const unit = fc.constantFrom("a", "b", " ", "\t", "\n", "\r\n", "\r", "é", "€", "😀", "\u2028", "\0", "\ufeff");
    const narrow = fc.constantFrom("a", "b", " ", "\n", "\r\n", "\r", "é", "ÿ", "\u0085");
    const texts = {
      utf8: unit,
      utf16le: unit.filter((text) => text !== "\0"),
      utf16be: unit.filter((text) => text !== "\0"),
      latin1: narrow,
    };
    const cases = fc
      .record({
        encoding: fc.constantFrom("utf8" as const, "utf16le" as const, "utf16be" as const, "latin1" as const),
        bom: fc.boolean(),
      })
      .chain(({ encoding, bom }) => {
        const text = fc.array(texts[encoding], { maxLength: 12 }).map((parts) => parts.join(""));
        const format = { encoding, bom: encoding === "latin1" ? false : encoding === "utf8" ? bom : true };
        return fc.record({ format: fc.constant(format), before: text, after: text, fresh: text });
      });
    let edited = 0;
    fc.assert(
      fc.property(cases, ({ format, before, after, fresh }) => {
        // The target is unique by its letters; a NUL is only taken after the sniffed part of a file.
        const room = format.encoding === "utf8" ? "p".repeat(4096) : "";
        const [head, old, tail] = [`${room}${before}q`, "OLD\nTARGET", `q${after}`];
        // The byte FF is in no UTF-8, so the file is latin-1 whatever follows.
        const mark = format.encoding === "latin1" ? "ÿ" : "";
        const text = mark + head + old + tail;
        const file = encodeText(text, format);
        const decoded = decodeText(file);
        expect(decoded?.format).toEqual(format);
        if (decoded === undefined) return;
        const result = encodeText(applyEdits(decoded.text, [edit(old, `N${fresh}W`)]).text, decoded.format);
        const left = encodeText(mark + head, format);
        const right = encodeText(tail, { ...format, bom: false }).subarray(format.encoding.startsWith("utf16") ? 2 : 0);
        expect(result.subarray(0, left.length)).toEqual(left);
        expect(result.subarray(result.length - right.length)).toEqual(right);
        edited += 1;
      }),
      { numRuns: 3000 },
    );
    expect(edited).toBe(3000);
  });

  it("keeps the line endings of the lines that an edit only quotes", () => {
    const line = fc.constantFrom("a", "b", "");
    const ending = fc.constantFrom("\n", "\r\n");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, ending), { maxLength: 8 }),
        fc.array(fc.tuple(line, ending), { maxLength: 8 }),
        (above, below) => {
          const text = (rows: readonly (readonly [string, string])[]): string => rows.flat().join("");
          const file = `${text(above)}TARGET\r\n${text(below)}`;
          const seen = file.replaceAll("\r\n", "\n");
          const result = applyEdits(file, [edit(seen, seen.replace("TARGET", "CHANGED"))]);
          expect(result.text).toBe(`${text(above)}CHANGED\r\n${text(below)}`);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

/** What `patch` does, strictly. Lines are compared without endings, as hunks hold them. */
function patch(text: string, hunks: readonly LineHunk[]): string {
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  const result: string[] = [];
  let at = 0;
  let open = text !== "" && !text.endsWith("\n");
  for (const hunk of hunks) {
    const start = hunk.oldLines === 0 ? hunk.oldStart : hunk.oldStart - 1;
    result.push(...lines.slice(at, start));
    at = start;
    expect(result.length).toBe(hunk.newLines === 0 ? hunk.newStart : hunk.newStart - 1);
    let [olds, news] = [0, 0];
    let last = "";
    for (const line of hunk.lines) {
      if (line.startsWith("\\")) {
        if (last !== "-") open = true;
        continue;
      }
      if (at + (line.startsWith("+") ? 0 : 1) === lines.length && !line.startsWith("+")) open = false;
      last = line.charAt(0);
      if (last !== "+") {
        expect(line.slice(1)).toBe(lines[at]);
        at += 1;
        olds += 1;
      }
      if (last !== "-") {
        result.push(line.slice(1));
        news += 1;
      }
    }
    expect([olds, news]).toEqual([hunk.oldLines, hunk.newLines]);
  }
  result.push(...lines.slice(at));
  return result.length === 0 ? "" : result.join("\n") + (open ? "" : "\n");
}

describe("buildHunks", () => {
  it("shows changed lines with context, without a line for what is only quoted", () => {
    const text = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    const { text: after, changes } = applyEdits(text, [edit("5\n6", "5\nnew\n6")]);
    expect(buildHunks(text, after, changes, 2)).toEqual([
      { oldStart: 4, oldLines: 4, newStart: 4, newLines: 5, lines: [" 4", " 5", "+new", " 6", " 7"] },
    ]);
  });

  it("keeps far places apart and near ones together", () => {
    const text = Array.from({ length: 30 }, (_, index) => `line ${index}\n`).join("");
    const far = applyEdits(text, [edit("line 2\n", "x\n"), edit("line 20\n", "y\n")]);
    expect(buildHunks(text, far.text, far.changes)).toHaveLength(2);
    const near = applyEdits(text, [edit("line 8\n", "y\n"), edit("line 2\n", "x\n")]);
    expect(buildHunks(text, near.text, near.changes)).toHaveLength(1);
  });

  it("tells a final newline that came or went", () => {
    const { text, changes } = applyEdits("a\nb", [edit("b", "b\n")]);
    expect(buildHunks("a\nb", text, changes)[0]?.lines).toEqual([" a", "-b", "\\ No newline at end of file", "+b"]);
  });

  it("leads from the old text to the new one, after any row of edits", () => {
    const text = fc
      .array(fc.constantFrom("a", "b", "c", "\n"), { minLength: 1, maxLength: 30 })
      .map((parts) => parts.join(""));
    const piece = fc
      .array(fc.constantFrom("a", "b", "c", "\n"), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join(""));
    const fresh = fc.array(fc.constantFrom("a", "d", "\n"), { maxLength: 4 }).map((parts) => parts.join(""));
    let changed = 0;
    fc.assert(
      fc.property(
        text,
        fc.array(fc.tuple(piece, fresh), { minLength: 1, maxLength: 4 }),
        fc.nat(2),
        (text, pairs, context) => {
          const edits: TextEdit[] = [];
          let now = text;
          for (const [wanted, fresh] of pairs) {
            if (wanted === fresh || !now.includes(wanted)) continue;
            edits.push(edit(wanted, fresh, true));
            now = now.replaceAll(wanted, () => fresh);
          }
          const result = applyEdits(text, edits);
          expect(result.text).toBe(now);
          for (const change of result.changes) expect(change.newEnd).toBeLessThanOrEqual(now.length);
          expect(patch(text, buildHunks(text, now, result.changes, context))).toBe(now);
          expect(patch(text, buildHunks(text, now, wholeChange(text, now), context))).toBe(now);
          if (now !== text) changed += 1;
        },
      ),
      { numRuns: 3000 },
    );
    expect(changed).toBeGreaterThan(500);
  });
});
