import { describe, expect, test } from "vitest";
import { Chips } from "../../../src/ui/editor/chips.js";
import { parseDroppedPaths } from "../../../src/ui/editor/dropped-paths.js";
import { foldPaste } from "../../../src/ui/editor/paste-folding.js";

const limits = { lines: 3, chars: 20 };

function fold(text: string, isImage: (path: string) => boolean = () => false): { raw: string; chips: Chips } {
  const chips = new Chips();
  return { raw: foldPaste(text, { chips, limits, isImage }), chips };
}

test.each([
  ["short", "short"],
  ["a\nb\nc", "a\nb\nc"],
  ["a\nb\nc\n", "a\nb\nc\n"],
  ["a\nb\nc\nd", "[pasted 4 lines #1]"],
  ["a\r\nb\r\nc\r\nd\r\n", "[pasted 4 lines #1]"],
  ["x".repeat(20), "x".repeat(20)],
  ["x".repeat(21), "[pasted 21 characters #1]"],
  ["\u001b[31mred\u001b[0m", "red"],
])("%j is shown as %j", (text, shown) => {
  const { raw, chips } = fold(text);
  expect(chips.shown(raw)).toBe(shown);
  expect(chips.expand(raw)).toBe(text.replaceAll("\r\n", "\n").replaceAll(/\u001b\[\d+m/g, ""));
});

test.each([
  ["/tmp/a.png", ["/tmp/a.png"]],
  ["/tmp/my picture.PNG\n", ["/tmp/my picture.PNG"]],
  ["/tmp/my\\ picture.png", ["/tmp/my picture.png"]],
  ["'/tmp/my picture.png'", ["/tmp/my picture.png"]],
  ['"C:\\My Pictures\\a.jpg"', ["C:\\My Pictures\\a.jpg"]],
  ["C:\\pictures\\a.jpg", ["C:\\pictures\\a.jpg"]],
  ["file:///tmp/my%20picture.webp", ["/tmp/my picture.webp"]],
  ["/a.png /b.gif", ["/a.png", "/b.gif"]],
  ["'/a b.png'\n'/c.jpeg'", ["/a b.png", "/c.jpeg"]],
  ["a.png", ["a.png"]],
  ["look at a.png", undefined],
  ["/tmp/a.txt", undefined],
  ["'/tmp/a.png", undefined],
  ["file:///%ff.png", undefined],
  ["x".repeat(5000) + ".png", undefined],
  [Array.from({ length: 11 }, () => "a.png").join(" "), undefined],
  ["", undefined],
])("dropping %j names %j", (text, paths) => {
  expect(parseDroppedPaths(text)).toEqual(paths);
});

describe("images", () => {
  test("become chips with their names, made safe", () => {
    const { raw, chips } = fold("'/tmp/a.png' '/tmp/b\u202e.png'", () => true);
    expect(chips.shown(raw)).toBe("[image a.png #1] [image b.png #2] ");
    expect(chips.list(raw).map(({ chip }) => (chip.kind === "image" ? chip.path : ""))).toEqual([
      "/tmp/a.png",
      "/tmp/b.png",
    ]);
    expect(chips.expand(raw)).toBe(chips.shown(raw));
  });

  test("that are not there are text", () => {
    const { raw } = fold("/tmp/a.png", (path) => path !== "/tmp/a.png");
    expect(raw).toBe("/tmp/a.png");
  });

  test("are found again by their labels", () => {
    const { raw, chips } = fold("/tmp/a.png", () => true);
    expect(chips.relink(`see ${chips.shown(raw)}`)).toBe(`see ${raw}`);
  });
});

describe("chips", () => {
  test("are forgotten when no text holds them, and their numbers are not used again", () => {
    const chips = new Chips();
    const first = chips.add({ kind: "paste", text: "a\nb" }) ?? "";
    const second = chips.add({ kind: "paste", text: "c\nd" }) ?? "";
    chips.keepOnly([`x${second}`]);
    expect(chips.get(first)).toBeUndefined();
    expect(chips.shown(`${first}${second}`)).toBe("[pasted 2 lines #2]");
    expect(chips.get(chips.add({ kind: "paste", text: "e" }) ?? "")?.label).toBe("[pasted 1 characters #3]");
  });

  test("are not without end; what does not fit is text", () => {
    const chips = new Chips();
    for (let count = 0; count < 1024; count += 1) expect(chips.add({ kind: "paste", text: "x" })).toBeDefined();
    expect(chips.add({ kind: "paste", text: "x" })).toBeUndefined();
    expect(foldPaste("a\nb\nc\nd", { chips, limits, isImage: () => false })).toBe("a\nb\nc\nd");
    chips.keepOnly([]);
    expect(chips.add({ kind: "paste", text: "x" })).toBeDefined();
    expect(chips.add({ kind: "paste", text: "x".repeat(33_000_000) })).toBeUndefined();
  });

  test("are no halves of other characters", () => {
    const chips = new Chips();
    chips.add({ kind: "paste", text: "secret" });
    expect(chips.expand("\ud83d\udc00 👩")).toBe("\ud83d\udc00 👩");
  });
});
