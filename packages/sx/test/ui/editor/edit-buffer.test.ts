import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EditBuffer, type Motion, type Reach } from "../../../src/ui/editor/edit-buffer.js";
import type { Wrap } from "../../../src/ui/editor/text-line.js";

const narrow: Wrap = { columns: 4, cells: () => 1 };

/** The text with `|` for the cursor. */
function shown(buffer: EditBuffer): string {
  const { line, at } = buffer.cursor;
  return buffer.lines
    .map(({ text }, index) => (index === line ? `${text.slice(0, at)}|${text.slice(at)}` : text))
    .join("\n");
}

/** A buffer with this text, its cursor at `|`. */
function bufferOf(text: string): EditBuffer {
  const buffer = new EditBuffer();
  const at = text.indexOf("|");
  buffer.insert(text.slice(0, at));
  const { cursor } = buffer;
  buffer.insert(text.slice(at + 1));
  buffer.move("textStart");
  while (buffer.cursor.line < cursor.line || buffer.cursor.at < cursor.at) buffer.move("right");
  return buffer;
}

test.each<[Motion, string, string]>([
  ["left", "a\n|b", "a|\nb"],
  ["left", "|a", "|a"],
  ["left", "👩‍👩‍👧|x", "|👩‍👩‍👧x"],
  ["right", "a|\nb", "a\n|b"],
  ["right", "a|", "a|"],
  ["wordLeft", "one two|", "one |two"],
  ["wordLeft", "one two,  |x", "one |two,  x"],
  ["wordLeft", "one\n  |two", "|one\n  two"],
  ["wordLeft", "\udc00 |", "|\udc00 "],
  ["wordRight", "|one two", "one| two"],
  ["wordRight", "one|, two", "one, two|"],
  ["wordRight", "one|\n two", "one\n two|"],
  ["wordRight", "日本|語 x", "日本語| x"],
  ["lineStart", "a\nbc|d", "a\n|bcd"],
  ["lineEnd", "a|b\nc", "ab|\nc"],
  ["textStart", "a\nb|", "|a\nb"],
  ["textEnd", "|a\nb", "a\nb|"],
])("%s: %j to %j", (motion, before, after) => {
  const buffer = before.includes("\udc00") ? new EditBuffer() : bufferOf(before);
  if (before.includes("\udc00")) buffer.insertRaw(before.replace("|", ""));
  buffer.move(motion);
  expect(shown(buffer)).toBe(after);
});

test.each<[Reach, string, string]>([
  ["spacedWordLeft", "run a/b-c|", "run |"],
  ["spacedWordLeft", "run a  |", "run |"],
  ["wordLeft", "a/b-cd|", "a/b-|"],
  ["wordRight", "|one two", "| two"],
  ["lineEnd", "a|bc\nd", "a|\nd"],
  ["lineEnd", "a|\nd", "a|d"],
  ["lineStart", "a\nbc|d", "a\n|d"],
  ["lineStart", "a\n|d", "a|d"],
])("cutting %s: %j to %j, and back", (reach, before, after) => {
  const buffer = bufferOf(before);
  buffer.kill(reach);
  expect(shown(buffer)).toBe(after);
  buffer.yank();
  expect(buffer.text).toBe(before.replace("|", ""));
});

test("cuts one after another are put back together, in their order", () => {
  const buffer = bufferOf("one two| three four");
  buffer.kill("wordLeft");
  buffer.kill("wordLeft");
  buffer.kill("wordRight");
  buffer.move("lineEnd");
  buffer.yank();
  expect(shown(buffer)).toBe(" fourone two three|");
});

test("a cut after another key is one by itself, and can be chosen", () => {
  const buffer = bufferOf("one two|");
  buffer.kill("wordLeft");
  buffer.move("lineStart");
  buffer.kill("lineEnd");
  buffer.yank();
  expect(buffer.text).toBe("one ");
  buffer.yankPop();
  expect(buffer.text).toBe("two");
  buffer.yankPop();
  expect(buffer.text).toBe("one ");
  buffer.move("left");
  buffer.yankPop();
  expect(buffer.text).toBe("one ");
});

test.each([
  ["ab|", "ba|"],
  ["a|b", "ba|"],
  ["|ab", "|ab"],
  ["a|", "a|"],
  ["x世|👩‍👩‍👧", "x👩‍👩‍👧世|"],
])("transposing %j gives %j", (before, after) => {
  const buffer = bufferOf(before);
  buffer.transpose();
  expect(shown(buffer)).toBe(after);
});

describe("rows up and down", () => {
  test("keep to their column", () => {
    const buffer = bufferOf("abcdefg\nx\nabcdef|g");
    const places = ["up", "up", "up", "up", "down", "down", "down", "down"].map((way) => {
      const moved = buffer.moveRow(way === "up" ? "up" : "down", narrow);
      return moved ? shown(buffer).replace("abcdefg\nx\nabcdefg", "") : "no";
    });
    expect(places.map((place) => place.replaceAll("\n", "/"))).toEqual([
      "abcdefg/x/ab|cdefg",
      "abcdefg/x|/abcdefg",
      "abcdef|g/x/abcdefg",
      "ab|cdefg/x/abcdefg",
      "abcdef|g/x/abcdefg",
      "abcdefg/x|/abcdefg",
      "abcdefg/x/ab|cdefg",
      "abcdefg/x/abcdef|g",
    ]);
    expect(buffer.moveRow("down", narrow)).toBe(false);
  });
});

describe("what may stand in the text", () => {
  test.each([
    ["control characters", "a\u0007\u001b[31mb\u0000", "ab"],
    ["other line ends", "a\r\nb\rc", "a\nb\nc"],
    ["what would pass for a chip", "a\udc00b\ud800", "a\ufffdb\ufffd"],
    ["tabs", "\ta", "\ta"],
  ])("%s", (_name, text, kept) => {
    const buffer = new EditBuffer();
    buffer.insert(text);
    expect(buffer.text).toBe(kept);
  });

  test("the cursor goes behind a mark that joins what was put before it", () => {
    const buffer = new EditBuffer();
    buffer.insert("\u0301x");
    buffer.move("textStart");
    buffer.insert("e");
    expect(shown(buffer)).toBe("e\u0301|x");
  });
});

test("typing is undone by words, other things one by one", () => {
  const buffer = new EditBuffer();
  for (const character of "one two") buffer.insert(character);
  for (let count = 0; count < 2; count += 1) buffer.erase("left");
  buffer.kill("lineStart");
  const steps: string[] = [];
  while (buffer.undo()) steps.push(buffer.text);
  expect(steps).toEqual(["one t", "one two", "one ", ""]);
  while (buffer.redo()) steps.push(buffer.text);
  expect(steps.slice(4)).toEqual(["one ", "one two", "one t", ""]);
});

test("what was undone is gone when something else is written", () => {
  const buffer = new EditBuffer();
  buffer.insert("a");
  buffer.undo();
  buffer.insert("b");
  expect([buffer.redo(), buffer.text]).toEqual([false, "b"]);
});

test("deletions around a mark that joined a letter meanwhile are undone one by one", () => {
  const buffer = bufferOf("x\n|\u0301y");
  buffer.erase("left");
  buffer.erase("left");
  expect(buffer.text).toBe("y");
  buffer.undo();
  expect(buffer.text).toBe("x\u0301y");
  buffer.undo();
  expect(buffer.text).toBe("x\n\u0301y");
});

test("another cut takes the place of what was yanked, and of nothing that joined it", () => {
  const buffer = new EditBuffer();
  buffer.insert("one two");
  buffer.kill("wordLeft");
  buffer.move("left");
  buffer.kill("wordLeft");
  buffer.setRaw("\u0301");
  buffer.move("textStart");
  buffer.yank();
  buffer.yankPop();
  expect(buffer.text).toBe("two\u0301");
});

type Step = readonly [name: string, run: (buffer: EditBuffer) => void, model: (model: Model) => void];

/** The same as one array of characters and a number. */
class Model {
  characters: string[] = [];
  at = 0;

  put(text: string): void {
    this.set(this.characters.slice(0, this.at).join("") + text, this.characters.slice(this.at).join(""));
  }

  set(before: string, after: string): void {
    let length = 0;
    this.characters = [];
    this.at = -1;
    // A line feed ends every character, and nothing joins it.
    const all = (before + after).split(/(\n)/).flatMap((part) => [...new Intl.Segmenter().segment(part)]);
    for (const { segment } of all) {
      if (this.at === -1 && length >= before.length) this.at = this.characters.length;
      this.characters.push(segment);
      length += segment.length;
    }
    if (this.at === -1) this.at = this.characters.length;
  }

  erase(from: number, to: number): void {
    this.set(this.characters.slice(0, Math.max(0, from)).join(""), this.characters.slice(to).join(""));
  }

  get lineStart(): number {
    return this.characters.lastIndexOf("\n", this.at - 1) + 1;
  }

  get lineEnd(): number {
    const end = this.characters.indexOf("\n", this.at);
    return end === -1 ? this.characters.length : end;
  }
}

const texts = fc.array(fc.constantFrom("a", "b ", "\n", "é", "世", "👩", "\u200d", "\u0301", "🇩", "longer text"), {
  maxLength: 4,
});
const steps: fc.Arbitrary<Step> = fc.oneof(
  texts.map((parts): Step => {
    const text = parts.join("");
    return [`insert ${text}`, (buffer) => buffer.insert(text), (model) => model.put(text)];
  }),
  fc.constantFrom<Step>(
    ["left", (buffer) => buffer.move("left"), (model) => void (model.at = Math.max(0, model.at - 1))],
    [
      "right",
      (buffer) => buffer.move("right"),
      (model) => void (model.at = Math.min(model.characters.length, model.at + 1)),
    ],
    [
      "lineStart",
      (buffer) => buffer.move("lineStart"),
      (model) => void (model.at = model.at === 0 ? 0 : model.lineStart),
    ],
    ["lineEnd", (buffer) => buffer.move("lineEnd"), (model) => void (model.at = model.lineEnd)],
    ["erase left", (buffer) => buffer.erase("left"), (model) => model.at > 0 && model.erase(model.at - 1, model.at)],
    [
      "erase right",
      (buffer) => buffer.erase("right"),
      (model) => model.at < model.characters.length && model.erase(model.at, model.at + 1),
    ],
    [
      "erase to the end",
      (buffer) => buffer.erase("lineEnd"),
      (model) => model.at < model.lineEnd && model.erase(model.at, model.lineEnd),
    ],
  ),
);

test("random edits do what they do to a plain array of characters, and undo takes back all of them", () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 40 }), (list) => {
      const buffer = new EditBuffer();
      const model = new Model();
      for (const [, run, onModel] of list) {
        run(buffer);
        onModel(model);
        expect(buffer.text).toBe(model.characters.join(""));
        const { line, at } = buffer.cursor;
        const before = buffer.lines.slice(0, line).reduce((sum, { text }) => sum + text.length + 1, at);
        expect(before).toBe(model.characters.slice(0, model.at).join("").length);
      }
      const last = buffer.text;
      while (buffer.undo());
      expect(buffer.text).toBe("");
      while (buffer.redo());
      expect(buffer.text).toBe(last);
    }),
    { numRuns: 500 },
  );
});

test("any order of all operations keeps the text whole and the cursor in it; every undone step comes back as it was", () => {
  const operations = fc.array(
    fc.oneof(
      texts.map((parts) => (buffer: EditBuffer) => buffer.insert(parts.join(""))),
      fc.constantFrom<(buffer: EditBuffer) => void>(
        (buffer) => buffer.insertRaw("\udc01"),
        (buffer) => buffer.kill("wordLeft"),
        (buffer) => buffer.kill("wordRight"),
        (buffer) => buffer.kill("lineEnd"),
        (buffer) => buffer.kill("lineStart"),
        (buffer) => buffer.kill("spacedWordLeft"),
        (buffer) => buffer.yank(),
        (buffer) => buffer.yankPop(),
        (buffer) => buffer.transpose(),
        (buffer) => buffer.move("wordLeft"),
        (buffer) => buffer.move("wordRight"),
        (buffer) => void buffer.moveRow("up", narrow),
        (buffer) => void buffer.moveRow("down", narrow),
        (buffer) => buffer.erase("left"),
        (buffer) => buffer.replaceBefore(2, "@x"),
        (buffer) => buffer.setRaw("all\nnew"),
      ),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(operations, (list) => {
      const buffer = new EditBuffer();
      const states = [""];
      for (const operation of list) {
        operation(buffer);
        states.push(buffer.text);
        const { line, at } = buffer.cursor;
        const text = buffer.lines[line]?.text;
        expect(text).toBeDefined();
        expect(at).toBeLessThanOrEqual(text?.length ?? -1);
        expect(text).not.toMatch(/\n/);
      }
      const last = buffer.text;
      const past: string[] = [];
      while (buffer.undo()) past.push(buffer.text);
      expect(past.at(-1) ?? "").toBe("");
      // Each step back is a text that stood there, in their order.
      let at = states.length;
      for (const text of past) {
        at = states.lastIndexOf(text, at - 1);
        expect(at).toBeGreaterThanOrEqual(0);
      }
      const again = past
        .slice(0, -1)
        .toReversed()
        .concat(past.length > 0 ? [last] : []);
      for (const text of again) {
        expect(buffer.redo()).toBe(true);
        expect(buffer.text).toBe(text);
      }
    }),
    { numRuns: 500 },
  );
});

test("a key touches its own line only", () => {
  const buffer = new EditBuffer();
  buffer.insert("one\ntwo\nthree");
  const lines = [...buffer.lines];
  buffer.moveRow("up", narrow);
  buffer.insert("x");
  buffer.erase("left");
  expect(buffer.lines.every((line, index) => line === lines[index])).toBe(true);
  buffer.move("textStart");
  buffer.insert("\n");
  expect([buffer.lines[2] === lines[1], buffer.lines[3] === lines[2]]).toEqual([true, true]);
});
