import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readAllRecordings } from "./recordings.js";

/** No recording is forgotten: each wire format has one file of tests, and each of those tests all that it has. */

const folder = fileURLToPath(new URL(".", import.meta.url));
const tests = readdirSync(folder)
  .filter((file) => /^recorded-.*\.test\.ts$/.test(file) && file !== "recorded-all.test.ts")
  .map((file) => ({ file, text: readFileSync(folder + file, "utf8") }));
const claims = tests.flatMap(({ text }) =>
  [...text.matchAll(/readRecordings<[^(]*>\("([\w-]+)"\)/g)].map(([, wire]) => wire),
);

const recordings = readAllRecordings();
if (recordings !== undefined) {
  it("every recording belongs to one file of tests", () => {
    const counts = claims.map((wire) => recordings.filter((entry) => entry.wire === wire).length);
    expect(new Set(claims).size).toBe(claims.length);
    expect(Object.fromEntries(claims.map((wire, at) => [wire, counts[at]]))).toEqual({
      "anthropic-messages": 37,
      "openai-chat": 41,
      "openai-responses": 34,
      "gemini-generate": 38,
      "gemini-cache": 3,
    });
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(recordings.length);
    expect(recordings).toHaveLength(153);
    expect(new Set(recordings.map(({ file }) => file)).size).toBe(153);
  });

  it("every kind of recording is among them", () => {
    const counts: Record<string, number> = {};
    for (const { tier } of recordings) counts[tier] = (counts[tier] ?? 0) + 1;
    expect(counts).toEqual({ strict: 113, quirk: 10, "http-error": 14, "non-stream": 16 });
    expect(recordings.filter(({ kind }) => kind === "json-array-stream")).toHaveLength(1);
  });

  it.each(tests)("$file looks that it tests all it has", ({ text }) => {
    expect(text).toMatch(/expectEachOnce\(/);
  });
}
