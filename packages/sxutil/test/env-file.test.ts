import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEnvFile, setKey, unsetKey } from "../src/env-file.js";
import { ConfigurationError } from "../src/failure.js";

const parse = (input: string | Uint8Array) => parseEnvFile(input, "/p/scorpiox-env.txt");
const values = (input: string | Uint8Array) =>
  Object.fromEntries(parse(input).entries.map(({ key, value }) => [key, value]));
const failure = (run: () => unknown): ConfigurationError => {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("parseEnvFile", () => {
  it.each<[name: string, text: string, expected: Record<string, string>]>([
    ["nothing", "", {}],
    ["a pair", "MODEL=opus\n", { MODEL: "opus" }],
    ["no newline at the end", "MODEL=opus", { MODEL: "opus" }],
    ["CRLF", "A=1\r\nB=2\r\n", { A: "1", B: "2" }],
    ["mixed line endings", "A=1\r\nB=2\nC=3", { A: "1", B: "2", C: "3" }],
    ["a byte-order mark", "\uFEFFA=1\n", { A: "1" }],
    ["comments and blank lines", "# A=0\n\n  \t\n  # x\nA=1\n", { A: "1" }],
    ["blanks around key and value", "  A \t=\t 1  \n", { A: "1" }],
    ["an empty value", "A=\nB=  \n", { A: "", B: "" }],
    ["= in the value", "A=b=c==\n", { A: "b=c==" }],
    ["# in the value", "A=a #b#c\n", { A: "a #b#c" }],
    ["double quotes", 'A="a b "\n', { A: "a b " }],
    ["single quotes", "A='a'\n", { A: "a" }],
    ["one pair of quotes only", "A=\"'a'\"\n", { A: "'a'" }],
    ["quotes that do not match", "A=\"a'\nB='\n", { A: "\"a'", B: "'" }],
    ["empty quotes", 'A=""\n', { A: "" }],
    ["no expansion", "A=$HOME ${X} `id` \\n\n", { A: "$HOME ${X} `id` \\n" }],
    ["a wide blank is not trimmed", "A=\u00a0x\u3000\n", { A: "\u00a0x\u3000" }],
    ["the last of equal keys", "A=1\nB=2\nA=3\n", { A: "3", B: "2" }],
    ["names like those of every object", "CONSTRUCTOR=1\n", { CONSTRUCTOR: "1" }],
  ])("reads %s", (_name, text, expected) => {
    expect(values(text)).toEqual(expected);
    expect(values(Buffer.from(text))).toEqual(expected);
  });

  it("gives every value its line and names the lines of repeated keys", () => {
    expect(parse("\uFEFF# x\r\nA=1\r\nB=2\r\nA=3\r\n\r\nA=4")).toEqual({
      entries: [
        { key: "B", value: "2", line: 3 },
        { key: "A", value: "4", line: 6 },
      ],
      duplicates: [{ key: "A", lines: [2, 4, 6] }],
    });
  });

  it.each<[name: string, input: string | Uint8Array, line: number, message: RegExp]>([
    ["no = sign", "A=1\nPROVIDER codex\n", 2, /line 2 has "PROV…" and no = sign; write KEY=VALUE/],
    ["no key", "=x\n", 1, /line 1 has no key/],
    ["small letters", "\nmodel=x\n", 2, /line 2 has the key "model"; keys are capital letters/],
    ["export", "export A=1", 1, /leave out export/],
    ["a dash", "A-B=1", 1, /the key "A-B"/],
    ["a leading digit", "1A=1", 1, /the key "1A"/],
    ["a second byte-order mark", "\uFEFF\uFEFFA=1", 1, /line 1 has the key/],
    ["an escape character", "\u001b[31mA=1", 1, /\\u001b/],
    ["a carriage return inside", "A=1\rB=2\n", 1, /carriage return inside the line in A/],
    ["a NUL character", "A=1\nB=x\0y\n", 2, /line 2 has a NUL/],
    ["a NUL byte", Buffer.from("A=1\n\nB=x\0y\n"), 3, /line 3 has a NUL byte/],
    ["invalid UTF-8", Buffer.from([65, 61, 49, 10, 66, 61, 0xff, 10]), 2, /line 2 has bytes that are not UTF-8/],
    ["UTF-8 cut at the end", Buffer.from([65, 61, 49, 10, 66, 61, 0xc3]), 2, /line 2 has bytes/],
    ["UTF-16", Buffer.from("\uFEFFA=1\n", "utf16le"), 1, /line 1 has a NUL byte/],
  ])("refuses %s, naming file and line", (_name, input, line, message) => {
    const error = failure(() => parse(input));
    expect(error.message).toMatch(message);
    expect(error.message).toContain("/p/scorpiox-env.txt");
    expect(error).toMatchObject({ path: "/p/scorpiox-env.txt", line, exitCode: 52 });
  });

  it.each([
    ["pasted alone", "sk-ant-api03-SECRETSECRET"],
    ["after a small key", "api_key=SECRETSECRET"],
    ["with padding", "U0VDUkVUU0VDUkVUU0VDUkVUU0VDUkVU=="],
    ["with a carriage return", "OPENAI_API_KEY=SECRET\rSECRET"],
    ["with a NUL", "OPENAI_API_KEY=SECRET\0SECRET"],
  ])("never shows a secret %s", (_name, line) => {
    expect(failure(() => parse(line)).message).not.toMatch(/SECRET|U0VDU/);
  });

  it("takes a 10 MB line and 100,000 lines", () => {
    const long = "x y".repeat(3_500_000);
    expect(values(`A=${long}\nB=1`)["A"]).toBe(long);
    expect(values(`A=${" ".repeat(10_000_000)}x${" ".repeat(1_000_000)}`)["A"]).toBe("x");
    expect(failure(() => parse("A".repeat(10_000_000))).line).toBe(1);
    const many = Array.from({ length: 100_000 }, (_, index) => `K${index}=${index}`).join("\n");
    expect(parse(many).entries).toHaveLength(100_000);
    expect(parse("A=1\n".repeat(100_000)).duplicates[0]?.lines).toHaveLength(100_000);
    expect(() => parse("\n".repeat(100_001))).toThrow(/has more than 100000 lines; a configuration file is a small/);
  });

  it("never fails with anything but a ConfigurationError, whatever the bytes", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          hostileText().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          try {
            parse(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigurationError);
            expect((error as ConfigurationError).message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe("setKey", () => {
  it.each<[name: string, text: string, value: string, expected: string]>([
    ["an empty text", "", "x", "A=x\n"],
    ["CRLF and comments", "# mine\r\nA=old\r\nB=1\r\n", "x", "# mine\r\nA=x\r\nB=1\r\n"],
    ["a byte-order mark", "\uFEFFA=old\n", "x", "\uFEFFA=x\n"],
    ["an absent key", "B=1\n", "x", "B=1\nA=x\n"],
    ["an absent key, CRLF", "B=1\r\n", "x", "B=1\r\nA=x\r\n"],
    ["no newline at the end", "B=1", "x", "B=1\nA=x"],
    ["no newline at the end, CRLF", "C=1\r\nB=1", "x", "C=1\r\nB=1\r\nA=x"],
    ["only a byte-order mark", "\uFEFF", "x", "\uFEFFA=x\n"],
    ["blanks around the sign", "  A = old \nB=1", "x", "  A = x\nB=1"],
    ["its quotes", "A='old'\n", "x y", "A='x y'\n"],
    ["the last of equal keys", "A=1\nA=2\nB=3\n", "x", "A=1\nA=x\nB=3\n"],
    ["a commented key", "#A=1\n", "x", "#A=1\nA=x\n"],
    ["a key that is longer", "AB=1\n", "x", "AB=1\nA=x\n"],
    ["broken lines", "what\nA=1\n", "x", "what\nA=x\n"],
    ["a blank edge", "", " x", 'A=" x"\n'],
    ["a quoted value", "", '"x"', 'A=""x""\n'],
    ["an empty value", "A=1\n", "", "A=\n"],
  ])("keeps %s", (_name, text, value, expected) => {
    expect(setKey(text, "A", value)).toBe(expected);
  });

  it.each(["a\nb", "a\rb", "a\0b", "a\r", "\ud800", "x\udc00"])(
    "refuses a value that no line can hold: %j",
    (value) => {
      expect(failure(() => setKey("", "A", value)).message).toMatch(/cannot hold it/);
    },
  );

  it("refuses a key outside the grammar", () => {
    expect(failure(() => setKey("", "a\u001b", "1")).message).toBe(
      '"a\\u001b" is no key; keys are capital letters, digits and _',
    );
  });

  it("reads back exactly, and changes no other line", () => {
    fc.assert(
      fc.property(fileText(), fc.constantFrom("A", "KEY", "NEW_KEY"), storableValue(), (text, key, value) => {
        const changed = setKey(text, key, value);
        expect(values(changed)[key]).toBe(value);
        expect(values(Buffer.from(changed))[key]).toBe(value);
        const [before, after] = [splitLines(text), splitLines(changed)];
        const at = lastIndexOfKey(before, key);
        if (at === -1) {
          expect(changed.startsWith(text)).toBe(true);
        } else {
          expect(after).toHaveLength(before.length);
          expect(after.toSpliced(at, 1)).toEqual(before.toSpliced(at, 1));
          expect(lineEnding(after[at] ?? "")).toBe(lineEnding(before[at] ?? ""));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("unsetKey", () => {
  it.each<[name: string, text: string, expected: string]>([
    ["nothing to remove", "B=1\r\n# A=1", "B=1\r\n# A=1"],
    ["one line", "B=1\nA=x\nC=2\n", "B=1\nC=2\n"],
    ["every line of the key", "A=1\nB=1\r\n A = 2\r\n", "B=1\r\n"],
    ["the last line without a newline", "B=1\r\nA=x", "B=1"],
    ["the byte-order mark's line", "\uFEFFA=x\nB=1\n", "\uFEFFB=1\n"],
    ["the only line", "A=x", ""],
  ])("removes %s", (_name, text, expected) => {
    expect(unsetKey(text, "A")).toBe(expected);
  });

  it("undoes setKey byte for byte, and leaves no value behind", () => {
    fc.assert(
      fc.property(fileText(), storableValue(), (text, value) => {
        expect(unsetKey(setKey(text, "NEW_KEY", value), "NEW_KEY")).toBe(text);
        const without = unsetKey(text, "A");
        expect(values(without)["A"]).toBeUndefined();
        const rest = Object.entries(values(text)).filter(([key]) => key !== "A");
        expect(values(without)).toEqual(Object.fromEntries(rest));
      }),
      { numRuns: 2000 },
    );
  });
});

/** Files within the grammar: comments, blanks, quotes, both line endings, with and without BOM and final newline. */
function fileText(): fc.Arbitrary<string> {
  const value = fc.string({
    unit: fc.constantFrom("a", "=", "#", " ", "\t", '"', "'", "é", "😀", "\\", "$"),
    maxLength: 8,
  });
  const line = fc.oneof(
    fc.constantFrom("", "   ", "# comment", "\t#A=1"),
    fc.tuple(fc.constantFrom("A", "B", "KEY", " A ", "AB"), value).map(([key, text]) => `${key}=${text}`),
  );
  const ended = fc.tuple(line, fc.constantFrom("\n", "\r\n")).map((parts) => parts.join(""));
  return fc
    .tuple(fc.constantFrom("", "\uFEFF"), fc.array(ended, { maxLength: 8 }), fc.oneof(fc.constant(""), line))
    .map(([bom, lines, last]) => bom + lines.join("") + last);
}

function storableValue(): fc.Arbitrary<string> {
  const edgy = fc.string({
    unit: fc.constantFrom("a", " ", "\t", '"', "'", "=", "#", "\uFEFF", "\u0085", "\u001b", "😀"),
    maxLength: 6,
  });
  return fc.oneof(edgy, fc.string({ unit: "binary" })).filter((value) => !/[\0\r\n]|\p{Surrogate}/u.test(value));
}

function hostileText(): fc.Arbitrary<string> {
  return fc.string({
    unit: fc.constantFrom("A", "=", "\n", "\r", "\0", "\uFEFF", '"', " ", "#", "\u001b", "\u202e", "x"),
    maxLength: 60,
  });
}

function splitLines(text: string): readonly string[] {
  return text.replace(/^\uFEFF/, "").split(/(?<=\n)/);
}

function lineEnding(line: string): string {
  return /\r?\n$/.exec(line)?.[0] ?? "";
}

function lastIndexOfKey(lines: readonly string[], key: string): number {
  return lines.findLastIndex((line) => new RegExp(`^[ \\t]*${key}[ \\t]*=`).test(line));
}
