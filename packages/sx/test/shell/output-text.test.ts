import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binaryKind, readableText } from "../../src/shell/output-text.js";

const clean = (text: string, encoding: BufferEncoding = "utf8"): string => readableText(Buffer.from(text, encoding));

describe("what a model gets to read", () => {
  test.each([
    ["plain text", "a\tb\nc €\n", "a\tb\nc €\n"],
    ["colours", "\x1b[1;31merror\x1b[0m: x", "error: x"],
    ["a title", "\x1b]0;evil title\x07ok", "ok"],
    ["a link", "\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\", "text"],
    ["a string that never ends hides nothing", "\x1b]0;a\nb", "0;a\nb"],
    ["a device control string", "\x1bPq#0\x1b\\ok", "ok"],
    ["cursor movement", "\x1b[2J\x1b[Hhome\x1b[10;3H", "home"],
    ["other escapes", "\x1b7\x1b(Bx\x1b8", "x"],
    ["C1 spelling", "\u009b31mred\u009b0m", "red"],
    ["a lone escape", "a\x1b", "a"],
    ["Windows line ends", "a\r\nb\r\n", "a\nb\n"],
    ["a progress bar", " 10%\r 50%\r100%\ndone\n", "100%\ndone\n"],
    ["a progress bar that returns at the end", "10%\r90%\r", "90%"],
    ["a bar that erases itself", "10%\r\x1b[K20%\r\x1b[Kdone\n", "done\n"],
    ["overstrikes", "N\bNA\bA", "NA"],
    ["a spinner", "|\b/\b-\bok", "ok"],
    ["NULs between text", "a\0b\0\0c", "a\\0b\\0c"],
    ["bells and others", "a\x07\x01\x7fb\u0085c", "abc"],
  ])("%s", (_name, bytes, wanted) => {
    expect(clean(bytes)).toBe(wanted);
  });

  test("invalid UTF-8 is replaced, a run of it once", () => {
    expect(clean("616263ff80fe78", "hex")).toBe("abc\ufffdx");
  });

  test("an encoded surrogate does not become a lone one", () => {
    expect(clean("61eda0bd62", "hex")).toBe("a\ufffdb");
  });

  test("no control character and no lone surrogate, whatever comes", () => {
    const alphabet = fc.constantFrom(...Array.from("\x1b[]P;0m\x07\b\r\n\t\0\x9b\x90\x9cA€😀"), "\x1b]");
    const input = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(alphabet, { maxLength: 60 }).map((parts) => Buffer.from(parts.join(""))),
    );
    fc.assert(
      fc.property(input, (bytes) => {
        const text = readableText(bytes);
        expect(text).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f]/);
        expect(text.isWellFormed()).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ["openings without an end", "\u009d"],
    ["escapes", "\x1b]"],
    ["parameters", "\x1b[0"],
    ["returns", "\r"],
    ["backspaces", "\b"],
    ["line separators", "\u2028"],
  ])("64 KiB of %s are not a problem", (_name, piece) => {
    const bytes = Buffer.from(piece.repeat(65_536 / Buffer.byteLength(piece)));
    expect(readableText(bytes).length).toBeLessThanOrEqual(bytes.length);
  });
});

describe("what is not text", () => {
  const random = Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 7_919 + (index >> 3) * 131) & 0xff));
  test.each([
    ["nothing", Buffer.alloc(0), undefined],
    ["text", Buffer.from("hello\n"), undefined],
    ["colours", Buffer.from("\x1b[31mred\x1b[0m\n".repeat(20)), undefined],
    ["other scripts", Buffer.from("Привет, 世界 😀\n".repeat(300)), undefined],
    ["text cut inside a character", Buffer.from("€".repeat(2_000)).subarray(0, 4_096), undefined],
    ["a word of latin-1", Buffer.from("Stra\xdfe in K\xf6ln liegt an einem Platz\n", "latin1"), undefined],
    ["names with NULs", Buffer.from("src/a.ts\0src/b.ts\0README.md\0"), undefined],
    ["zeros", Buffer.alloc(4_096), "binary data"],
    ["all kinds of bytes", random, "binary data"],
    ["a program", Buffer.concat([Buffer.from("\x7fELF\x02\x01\x01\0"), Buffer.alloc(64)]), "ELF program or library"],
    ["an image", Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1"), random]), "PNG image"],
    ["a PDF", Buffer.from("%PDF-1.7\n% text first\n"), "PDF document"],
    ["UTF-16", Buffer.from("\ufeffhello there", "utf16le"), "UTF-16 text"],
  ])("%s", (_name, bytes, wanted) => {
    expect(binaryKind(bytes)).toBe(wanted);
  });
});
