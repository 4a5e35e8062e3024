import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutText, decodeText, encodeText, looksBinary, splitLines, wellFormed } from "../../src/files/text-file.js";

const bytes = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))));

describe("decodeText", () => {
  const rows: readonly [name: string, bytes: Buffer, encoding: string | undefined, bom: boolean, text: string][] = [
    ["UTF-8", bytes("grün\r\n"), "utf8", false, "grün\r\n"],
    ["UTF-8 with a mark", bytes([0xef, 0xbb, 0xbf], "a"), "utf8", true, "a"],
    ["UTF-16 LE", bytes([0xff, 0xfe, 0x61, 0, 0xfc, 0]), "utf16le", true, "aü"],
    ["UTF-16 BE", bytes([0xfe, 0xff, 0, 0x61, 0, 0xfc]), "utf16be", true, "aü"],
    ["latin-1", bytes("gr", [0xfc], "n"), "latin1", false, "grün"],
    ["empty", bytes(), "utf8", false, ""],
    ["NUL", bytes("a", [0], "b"), undefined, false, ""],
    ["UTF-32", bytes([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), undefined, false, ""],
    ["half a UTF-16 unit", bytes([0xff, 0xfe, 0x61]), undefined, false, ""],
    ["NUL after the sniffed part", bytes("a".repeat(4096), [0]), "utf8", false, `${"a".repeat(4096)}\0`],
  ];
  it.each(rows)("%s", (_name, input, encoding, bom, text) => {
    const decoded = decodeText(input);
    expect(decoded?.format).toEqual(encoding === undefined ? undefined : { encoding, bom });
    if (decoded !== undefined) expect(decoded.text).toBe(text);
  });

  it("gives back every byte of whatever it takes for text", () => {
    const marks = fc.constantFrom<number[]>([], [0xef, 0xbb, 0xbf], [0xff, 0xfe], [0xfe, 0xff]);
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 40, min: 1 }),
      fc.string({ unit: "binary", maxLength: 40 }).map((text) => new Uint8Array(Buffer.from(text))),
    );
    fc.assert(
      fc.property(marks, body, (mark, body) => {
        const input = Buffer.concat([Buffer.from(mark), body]);
        const decoded = decodeText(input);
        if (decoded !== undefined) expect(encodeText(decoded.text, decoded.format)).toEqual(input);
      }),
      { numRuns: 5000 },
    );
  });
});

it("encodeText refuses what a format lacks instead of writing something else", () => {
  expect(() => encodeText("price: 5 €", { encoding: "latin1", bom: false })).toThrow(/has no "€"/);
  expect(() => encodeText("😀", { encoding: "latin1", bom: false })).toThrow(/has no "😀"/);
});

it("looksBinary allows what logs hold", () => {
  expect(looksBinary(Buffer.from("\u001b[31mred\u001b[0m\ttab\f\r\n"))).toBe(false);
  expect(looksBinary(Buffer.from([1, 2, 3, 4, 65, 66]))).toBe(true);
});

it("splitLines takes LF and CRLF, and no line after the last ending", () => {
  expect(splitLines("a\r\nb\n\nc")).toEqual(["a", "b", "", "c"]);
  expect(splitLines("a\n")).toEqual(["a"]);
  expect(splitLines("")).toEqual([]);
  expect(splitLines("a\u2028b\rc")).toEqual(["a\u2028b\rc"]);
});

it("never cuts a character in two, and replaces halves that were there", () => {
  expect(cutText("ab😀", 3)).toBe("ab");
  expect(cutText("ab😀", 4)).toBe("ab😀");
  expect(wellFormed("a\ud83db😀")).toBe("a\ufffdb😀");
});
