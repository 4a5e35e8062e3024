import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { ProviderError } from "../src/errors.js";
import { createSseParser, type SseFrame } from "../src/sse.js";

const encoder = new TextEncoder();

/** Feeds `text` in pieces that end at the given byte offsets. */
function parse(text: string | Uint8Array, cuts: readonly number[] = [], maxFrameChars?: number): SseFrame[] {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  const parser = createSseParser(maxFrameChars === undefined ? {} : { maxFrameChars });
  const frames: SseFrame[] = [];
  let from = 0;
  for (const to of [...[...cuts].sort((a, b) => a - b), bytes.length]) {
    frames.push(...parser.push(bytes.subarray(from, to)));
    from = Math.max(from, to);
  }
  return [...frames, ...parser.end()];
}

function everyByte(text: string): number[] {
  return Array.from(encoder.encode(text).keys());
}

/** What the reference parser reads, the unfinished last frame included, and what stands bare behind it. */
function oracle(whole: string): SseFrame[] {
  const [, text = "", bare] =
    /^((?:(?![{[])[^\r\n]*(?:\r\n|\r|\n))*(?:(?![{[])[^\r\n]*)?)([^]*)$/u.exec(whole.replace(/^\uFEFF/, "")) ?? [];
  const frames: SseFrame[] = [];
  const parser = createParser({ onEvent: ({ event, data }) => frames.push({ event, data }) });
  // As servers send them, bytes pass a streaming decoder; it drops the byte-order mark.
  parser.feed(new TextDecoder().decode(encoder.encode(text)));
  // After a CR the first LF only completes that line end, so three make sure of an empty line.
  parser.feed("\n\n\n");
  return bare === undefined || bare === "" ? frames : [...frames, { event: undefined, data: bare, bare: true }];
}

const data = (...values: string[]): SseFrame[] => values.map((value) => ({ event: undefined, data: value }));

const bare = (value: string): SseFrame[] => [{ event: undefined, data: value, bare: true }];

const TABLE: readonly (readonly [name: string, text: string, frames: readonly SseFrame[]])[] = [
  ["nothing", "", []],
  ["one frame", "data: a\n\n", data("a")],
  ["an event name", "event: ping\ndata: {}\n\n", [{ event: "ping", data: "{}" }]],
  ["a name after the data", "data: {}\nevent: ping\n\n", [{ event: "ping", data: "{}" }]],
  ["an empty name", "event:\ndata: a\n\n", data("a")],
  ["a name only for its own frame", "event: a\ndata: 1\n\ndata: 2\n\n", [{ event: "a", data: "1" }, ...data("2")]],
  ["a frame without data, and its name forgotten", "event: a\n\ndata: 2\n\n", data("2")],
  ["no space after the colon", "data:a\n\n", data("a")],
  ["only one space removed", "data:  a \n\n", data(" a ")],
  ["several lines", "data: a\ndata:\ndata: b\n\n", data("a\n\nb")],
  ["empty data", "data:\n\ndata\n\n", data("", "")],
  ["a space that is not of this line", "data:\n x\n\n", data("")],
  ["comments", ": OPENROUTER PROCESSING\n\n:\ndata: a\n:x\n\n", data("a")],
  ["id, retry and unknown fields", "id: 7\nretry: 10\ndatax: no\ndat: no\nevents: no\ndata: a\n\n", data("a")],
  ["an indented field", " data: a\n\n", []],
  ["CR", "event: e\rdata: a\rdata: b\r\rdata: c\r\r", [{ event: "e", data: "a\nb" }, ...data("c")]],
  ["CRLF", "event: e\r\ndata: a\r\ndata: b\r\n\r\n", [{ event: "e", data: "a\nb" }]],
  ["mixed line ends", "data: a\rdata: b\r\ndata: c\n\r\ndata: d\r\r\n", data("a\nb\nc", "d")],
  ["a byte-order mark", "\uFEFFdata: a\n\n", data("a")],
  ["only the first byte-order mark", "\uFEFFdata: \uFEFFa\n\n\uFEFFdata: b\n\n", data("\uFEFFa")],
  ["characters of two, three and four bytes", "data: ä€🙂\n\ndata: 🙂ä\n\n", data("ä€🙂", "🙂ä")],
  ["other line separators are text", "data: a\u2028b\u0085c\vd\fe\n\n", data("a\u2028b\u0085c\vd\fe")],
  ["a last frame without its empty line", "data: a\n\ndata: b\n", data("a", "b")],
  ["a last frame without its line end", "data: a\n\nevent: e\ndata: b", [...data("a"), { event: "e", data: "b" }]],
  ["a last frame that ends in CR", "data: a\r", data("a")],
  ["a last line without data", "data: a\n\nevent: e", data("a")],
  ["[DONE] with a space", 'data: {"a":1}\n\ndata: [DONE] \n\n', data('{"a":1}', "[DONE] ")],
  ["a body that is no stream", '{"error":{"code":429}}', bare('{"error":{"code":429}}')],
  ["bare JSON over several lines", 'data: a\n\n{\n  "a": 1\n}\n', [...data("a"), ...bare('{\n  "a": 1\n}\n')]],
  ["a bare list, with what looks like fields in it", "[{\r\ndata: a\r\n\r\n}]", bare("[{\r\ndata: a\r\n\r\n}]")],
  ["bare JSON where an empty line is missing", "event: e\ndata: a\n{}", [{ event: "e", data: "a" }, ...bare("{}")]],
  ["braces inside of fields and comments", 'data: {"a":1}\n\n: {\n {\ndata:[\n\n', data('{"a":1}', "[")],
];

describe("createSseParser", () => {
  it.each(TABLE)("reads %s", (_name, text, frames) => {
    expect(parse(text)).toEqual(frames);
  });

  it.each(TABLE)("reads %s byte by byte", (_name, text, frames) => {
    expect(parse(text, everyByte(text))).toEqual(frames);
  });

  it.each(TABLE)("reads %s cut at any one place", (_name, text, frames) => {
    for (const cut of everyByte(text)) expect(parse(text, [cut]), `cut at ${cut}`).toEqual(frames);
  });

  it.each(TABLE)("agrees with the reference parser about %s", (_name, text) => {
    expect(oracle(text)).toEqual(parse(text));
  });

  it("agrees with the reference parser about any frames, line ends and cuts", () => {
    const text = fc.stringMatching(/^[ -z|~äß€🙂:\u2028\uFEFF]{0,12}$/u);
    const braces = fc.stringMatching(/^[{[][ -~\u2028]{0,6}$/u);
    const line = fc.oneof(
      { weight: 5, arbitrary: text.map((value) => `data: ${value}`) },
      text.map((value) => `data:${value}`),
      text.map((value) => `event: ${value}`),
      text.map((value) => `:${value}`),
      text.map((value) => `id: ${value}`),
      text,
      braces,
      fc.constantFrom("", "", "", "data", "event", "retry: 5", "data:", "event: "),
    );
    const lineEnd = fc.constantFrom("\n", "\r", "\r\n");
    const style = fc.oneof(
      fc.constantFrom("\n", "\r", "\r\n").map((end) => fc.constant(end)),
      fc.constant(lineEnd),
    );
    const body = style.chain((end) =>
      fc.tuple(fc.boolean(), fc.array(fc.tuple(line, end).map((pair) => pair.join(""))), text),
    );
    fc.assert(
      fc.property(body, fc.array(fc.nat(300), { maxLength: 12 }), ([mark, lines, rest], cuts) => {
        const whole = `${mark ? "\uFEFF" : ""}${lines.join("")}${rest}`;
        const bytes = encoder.encode(whole).length;
        const inside = cuts.filter((cut) => cut < bytes);
        expect(parse(whole, inside)).toEqual(oracle(whole));
        expect(parse(whole, everyByte(whole))).toEqual(oracle(whole));
      }),
      { numRuns: 500 },
    );
  });

  it("puts replacement characters where bytes are not UTF-8, wherever they are cut", () => {
    const bytes = Uint8Array.from([...encoder.encode("data: a"), 0xe2, 0x82, 0x41, 0xff, ...encoder.encode("\n\n")]);
    const expected = data("a\uFFFDA\uFFFD");
    expect(parse(bytes)).toEqual(expected);
    for (let cut = 0; cut < bytes.length; cut++) expect(parse(bytes, [cut])).toEqual(expected);
    expect(parse(encoder.encode("data: €").subarray(0, -1))).toEqual(data("\uFFFD"));
  });

  it("hands out a frame with the line end that completes it", () => {
    const parser = createSseParser();
    expect(parser.push(encoder.encode("data: a\n"))).toEqual([]);
    expect(parser.push(encoder.encode("\n"))).toEqual(data("a"));
    expect(parser.push(encoder.encode("data: b\r\r"))).toEqual(data("b"));
  });

  it("hands out an event before what stands bare behind it, which ends with the body", () => {
    const parser = createSseParser();
    expect(parser.push(encoder.encode("data: a\n{\n"))).toEqual(data("a"));
    expect(parser.push(encoder.encode("\n\ndata: b\n\n}"))).toEqual([]);
    expect(parser.end()).toEqual(bare("{\n\n\ndata: b\n\n}"));
  });

  it("reads an 8 MiB line in packets without searching or copying it twice", () => {
    const text = "x".repeat(8 * 1024 * 1024);
    const bytes = encoder.encode(`data: ${text}\n\n`);
    const parser = createSseParser();
    const searched = countSearchedCharacters(() => {
      const frames: SseFrame[] = [];
      for (let from = 0; from < bytes.length; from += 1400)
        frames.push(...parser.push(bytes.subarray(from, from + 1400)));
      expect(frames.length).toBe(1);
      expect(frames[0]?.data === text).toBe(true);
    });
    // Each character is looked at once for each of the two line ends; a little is allowed for the last piece.
    expect(searched).toBeLessThan(bytes.length * 3);
  });

  it("is linear for many short lines in one piece, whatever ends them", () => {
    const lines = 100_000;
    for (const end of ["\r", "\n", "\r\n"]) {
      const bytes = encoder.encode(`data: a${end}`.repeat(lines) + end);
      const searched = countSearchedCharacters(() => {
        expect(createSseParser().push(bytes)[0]?.data.length).toBe(2 * lines - 1);
      });
      expect(searched).toBeLessThan(bytes.length * 3);
    }
  });

  it.each([
    ["one line", "data: 0123456789\n\n"],
    ["one line that never ends", "data: 0123456789"],
    ["a comment that never ends", ": 01234567890123"],
    ["several lines", "data: 01\ndata: 23\ndata: 45\n"],
    ["bare JSON", '{\n"a": 1,\n"b": 2\n}\n'],
    ["bare JSON that never ends", "[1234567890123456"],
  ])("refuses a frame beyond the limit: %s", (_name, text) => {
    for (const cuts of [[], everyByte(text), [3], [9]]) {
      expect(() => parse(text, cuts, 15)).toThrowError(
        expect.objectContaining({ code: "protocol", message: expect.stringMatching(/more than 15 characters/) }),
      );
    }
  });

  it("refuses a line that never ends before it ends", () => {
    const parser = createSseParser({ maxFrameChars: 15 });
    expect(parser.push(encoder.encode("data: 012345678"))).toEqual([]);
    expect(() => parser.push(encoder.encode("9"))).toThrow(ProviderError);
  });

  it("has no limit on the number of frames or comments", () => {
    expect(parse("data: 0123\n\n".repeat(50) + ": 0123\n".repeat(50), [], 15)).toHaveLength(50);
  });

  it("delivers what was complete before a frame beyond the limit, then fails for good", () => {
    const parser = createSseParser({ maxFrameChars: 15 });
    expect(parser.push(encoder.encode("data: a\n\ndata: 0123456789\n\ndata: b\n\n"))).toEqual(data("a"));
    expect(() => parser.push(encoder.encode("data: b\n\n"))).toThrow(ProviderError);
    expect(() => parser.end()).toThrow(ProviderError);
  });
});

/** Counts the characters that `indexOf` walks over: a measure of work that does not depend on the machine. */
function countSearchedCharacters(work: () => void): number {
  const spy = vi.spyOn(String.prototype, "indexOf");
  try {
    work();
    return spy.mock.calls.reduce((sum, [, from = 0], call) => {
      const found: unknown = spy.mock.results[call]?.value;
      const length = String(spy.mock.contexts[call]).length;
      return sum + (typeof found === "number" && found >= 0 ? found + 1 : length) - from;
    }, 0);
  } finally {
    spy.mockRestore();
  }
}
