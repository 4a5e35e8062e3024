import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OutputSpill } from "../../src/shell/output-spill.js";
import { OutputWindow } from "../../src/shell/output-window.js";

/** A spill that keeps nothing: what goes to it is tested with its own file. */
function noSpill(): OutputSpill {
  return new OutputSpill(
    () => Promise.reject(new Error("no folder")),
    "none",
    1_000,
    () => {},
  );
}

function viewOf(text: string, headBytes: number, tailBytes: number) {
  const window = new OutputWindow(headBytes, tailBytes, noSpill());
  window.push(Buffer.from(text));
  const view = window.view();
  const read = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : Buffer.from(bytes).toString());
  return { ...view, head: read(view.head), tail: read(view.tail) };
}

describe("what is kept", () => {
  test.each([
    { name: "nothing", text: "", head: "", tail: undefined, bytes: 0, lines: 0 },
    { name: "all, when it fits exactly", text: "abcdefgh", head: "abcdefgh", tail: undefined, bytes: 8, lines: 1 },
    {
      name: "both ends at line borders",
      text: "1\n2\n33333\n4\n5\n",
      head: "1\n2\n",
      tail: "5\n",
      bytes: 14,
      lines: 5,
    },
    { name: "both ends of one line", text: "abcdefghijkl", head: "abcd", tail: "ijkl", bytes: 12, lines: 1 },
    { name: "whole characters only", text: "ab€€€xx€c", head: "ab", tail: "€c", bytes: 17, lines: 1 },
    { name: "four-byte characters", text: "😀😀😀", head: "😀", tail: "😀", bytes: 12, lines: 1 },
    { name: "a cut four-byte character", text: "a😀😀b", head: "a", tail: "b", bytes: 10, lines: 1 },
  ])("$name", ({ name: _name, text, ...wanted }) => {
    expect(viewOf(text, 4, 4)).toMatchObject(wanted);
  });
});

test("nothing is counted twice or forgotten, however the bytes come", () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 });
  fc.assert(
    fc.property(pieces, fc.nat(60), fc.nat(60), fc.boolean(), (chunks, headBytes, tailBytes, early) => {
      const window = new OutputWindow(headBytes, tailBytes, noSpill());
      const all = Buffer.concat(chunks);
      if (early && chunks[0] !== undefined) {
        window.push(chunks[0]);
        window.spillAll();
      }
      for (const chunk of early ? chunks.slice(1) : chunks) window.push(chunk);
      const view = window.view();
      const newlines = all.filter((byte) => byte === 10).length;
      expect(view.bytes).toBe(all.length);
      expect(view.lines).toBe(newlines + (all.length > 0 && all.at(-1) !== 10 ? 1 : 0));
      expect(Buffer.from(view.head)).toEqual(all.subarray(0, view.head.length));
      const tail = view.tail ?? new Uint8Array(0);
      if (view.tail === undefined) expect(view.head.length).toBe(all.length);
      expect(Buffer.from(tail)).toEqual(all.subarray(all.length - tail.length));
      expect(view.omittedBytes).toBe(all.length - view.head.length - tail.length);
      const left = all.subarray(view.head.length, all.length - tail.length);
      expect(view.omittedLines).toBe(left.filter((byte) => byte === 10).length);
      expect(Buffer.from(window.start(10))).toEqual(all.subarray(0, Math.min(10, window.start(10).length)));
    }),
    { numRuns: 500 },
  );
});

test("a view does not change when more comes", () => {
  const window = new OutputWindow(4, 4, noSpill());
  window.push(Buffer.from("0123456789"));
  const before = window.view();
  window.push(Buffer.from("abcdefgh"));
  expect(Buffer.from(before.tail ?? []).toString()).toBe("6789");
});

test("many small pieces are joined, and nothing is lost", () => {
  const window = new OutputWindow(4_000, 4_000, noSpill());
  for (let index = 0; index < 5_000; index++) window.push(Buffer.from(index % 2 === 0 ? "a" : "\n"));
  expect(window.view()).toMatchObject({ bytes: 5_000, lines: 2_500, omittedBytes: 0 });
});
