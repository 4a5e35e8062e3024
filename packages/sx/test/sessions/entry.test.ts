import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EntryBody, formatEntry, parseLine } from "../../src/sessions/entry.js";

const USER: EntryBody = { kind: "user", content: [{ type: "text", text: "hello" }] };
const LINE = formatEntry(3, 1_790_000_000_000, USER).trimEnd();
const entry = { type: "entry", entry: { kind: "user", n: 3, timeMs: 1_790_000_000_000 } };
const broken = { type: "broken" };

describe("parseLine", () => {
  test.each([
    { name: "a whole line", line: LINE, want: entry },
    { name: "zero bytes before it, from a power cut", line: "\0".repeat(4096) + LINE, want: entry },
    { name: "fused with half a line", line: LINE.slice(0, 40) + LINE, want: entry },
    { name: "a carriage return at its end", line: `${LINE}\r`, want: entry },
    { name: "half a line", line: LINE.slice(0, -1), want: broken },
    { name: "zero bytes alone", line: "\0\0\0", want: broken },
    { name: "a number", line: "7", want: broken },
    { name: "null", line: "null", want: broken },
    { name: "a newer format", line: '{"v":2,"anything":1}', want: { type: "newer", version: 2 } },
    { name: "a kind of later", line: LINE.replace('"user"', '"later"'), want: { type: "unknown", n: 3 } },
    { name: "a kind that every object has", line: LINE.replace('"user"', '"toString"'), want: { type: "unknown" } },
    { name: "no time", line: LINE.replace(/"time":"[^"]*"/, '"time":"x"'), want: broken },
    { name: "a negative number", line: LINE.replace('"n":3', '"n":-1'), want: broken },
    { name: "a block of another kind", line: LINE.replace('"text","text"', '"thinking","text"'), want: broken },
    { name: "a text that is none", line: LINE.replace('"hello"', "7"), want: broken },
    {
      name: "a diff that would be markup",
      line: formatEntry(1, 0, {
        kind: "tool_result",
        call: 0,
        result: { type: "tool_result", toolUseId: "x", content: [] },
        outcome: { status: "ok", diff: [{ oldStart: 1, oldLines: 1, newStart: 1, newLines: 1, lines: [] }] },
      }).replace('"oldStart":1', '"oldStart":"<script>"'),
      want: broken,
    },
  ])("$name", ({ line, want }) => {
    expect(parseLine(line)).toMatchObject(want);
  });

  test("gives back exactly what was formatted, on one line for every reader", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.jsonValue(), (text, data) => {
        const bodies: EntryBody[] = [
          { kind: "user", content: [{ type: "text", text: `${text}\ud800\u2028\u2029\n` }] },
          { kind: "mark", name: text, data: JSON.parse(JSON.stringify(data)) },
        ];
        for (const body of bodies) {
          const line = formatEntry(1, 5, body);
          expect(line.slice(0, -1)).not.toMatch(/[\n\r\u2028\u2029]/);
          expect(parseLine(line.slice(0, -1))).toEqual({ type: "entry", entry: { ...body, n: 1, timeMs: 5 } });
        }
      }),
    );
  });

  test("never throws, whatever a line holds", () => {
    const kinds = fc.constantFrom("user", "assistant", "tool_result", "turn_end", "compaction", "mark", "header");
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), kinds, fc.jsonValue(), (fields, kind, content) => {
        const line = JSON.stringify({ ...fields, v: 1, n: 1, time: "2026-01-01T00:00:00Z", kind, content });
        expect(["entry", "broken"]).toContain(parseLine(line).type);
      }),
    );
  });
});
