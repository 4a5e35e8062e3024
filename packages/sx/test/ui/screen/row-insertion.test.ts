import fc from "fast-check";
import { expect, it } from "vitest";
import { LiveRegion } from "../../../src/ui/screen/live-region.js";
import { findInsertion } from "../../../src/ui/screen/row-insertion.js";
import { openVirtualTerminal } from "../../terminal/virtual-terminal.js";

const STATUS = "12 s · codex · gpt-5.2-codex · ask · ~/work/shop";

it.each([
  { name: "rows above a status row", before: ["a", "", STATUS, "> "], now: ["a", "b", "c", "", STATUS, "> "], at: 1 },
  {
    name: "a status row that changed a little",
    before: ["a", STATUS, "> "],
    now: ["a", "b", STATUS.replace("12", "13"), "> "],
    at: 1,
  },
  {
    name: "a status row that is another",
    before: ["a", STATUS, "> "],
    now: ["a", "b", STATUS.toUpperCase(), "> "],
    at: undefined,
  },
  { name: "rows that are as short as the move", before: ["a", "> "], now: ["a", "b", "> "], at: undefined },
  { name: "rows at the end", before: ["a", STATUS], now: ["a", STATUS, "b"], at: undefined },
  { name: "no more rows than before", before: ["a", STATUS], now: ["b", STATUS], at: undefined },
])("$name", ({ before, now, at }) => {
  expect(findInsertion(before, now, 24)?.at).toBe(at);
});

it("moves nothing that is out of sight", () => {
  const now = [...Array.from({ length: 10 }, (_, index) => `row ${index}`), STATUS, "> "];
  expect(findInsertion([STATUS, "> "], now, 14)).toEqual({ at: 0, count: 10 });
  expect(findInsertion([STATUS, "> "], now, 12)?.at).not.toBe(0);
});

it("leaves the same screen as writing all anew, whatever grows above a status row", async () => {
  const row = fc.string({ unit: fc.constantFrom("a", "b", " ", "世", "é"), maxLength: 12 }).map((text) => text.trim());
  const frame = fc.record({
    finished: fc.array(row, { maxLength: 3 }),
    open: fc.array(row, { maxLength: 5 }),
    clock: fc.nat(3),
    typed: fc.constantFrom("", "typed"),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(frame, { minLength: 2, maxLength: 8 }),
      fc.integer({ min: 4, max: 14 }),
      async (frames, rows) => {
        const terminal = openVirtualTerminal(60, rows);
        const region = new LiveRegion({ columns: 60, rows });
        const finished: string[] = [];
        for (const { finished: more, open, clock, typed } of frames) {
          finished.push(...more);
          const live = [...open, "", STATUS.replace("12", `1${clock}`), `> ${typed}`];
          const cursor = { row: live.length - 1, column: 2 + typed.length };
          await terminal.write(region.draw({ finished: more, live, cursor }));
          const shown = live.slice(Math.max(0, live.length - (rows - 1)));
          expect(terminal.all()).toEqual([...finished, ...shown].map((text) => text.trimEnd()));
          expect(terminal.cursor().column).toBe(cursor.column);
        }
        terminal.dispose();
      },
    ),
    { numRuns: 200 },
  );
});
