import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Frame, LiveRegion } from "../../../src/ui/screen/live-region.js";
import { openVirtualTerminal } from "../../terminal/virtual-terminal.js";

function open(columns: number, rows: number) {
  const terminal = openVirtualTerminal(columns, rows);
  onTestFinished(() => terminal.dispose());
  const region = new LiveRegion({ columns, rows });
  return {
    terminal,
    region,
    draw: (live: readonly string[], finished: readonly string[] = [], cursor?: Frame["cursor"]) =>
      terminal.write(region.draw({ finished, live, cursor })),
  };
}

it("keeps finished rows once, above the region, in order", async () => {
  const { terminal, draw } = open(20, 6);
  const finished: string[] = [];
  for (let step = 0; step < 40; step += 1) {
    const rows = step % 3 === 0 ? [`row ${step}`] : step % 3 === 1 ? [] : [`row ${step} a`, `row ${step} b`];
    finished.push(...rows);
    await draw([`open ${step}`, "> prompt", "status"].slice(0, 1 + (step % 3)), rows);
  }
  await draw(["> prompt"]);
  expect(terminal.all()).toEqual([...finished, "> prompt"]);
});

it("fills the row to its last cell without losing it", async () => {
  const { terminal, draw } = open(10, 5);
  await draw(["0123456789", "> "], ["abcdefghij"]);
  await draw(["9876543210", "> "], ["ABCDEFGHIJ"]);
  expect(terminal.all()).toEqual(["abcdefghij", "ABCDEFGHIJ", "9876543210", ">"]);
});

it("sends only what differs", () => {
  const region = new LiveRegion({ columns: 80, rows: 24 });
  region.draw({ finished: [], live: ["a long first row", "and the text so", "> "], cursor: { row: 2, column: 2 } });
  const same = region.draw({
    finished: [],
    live: ["a long first row", "and the text so", "> "],
    cursor: { row: 2, column: 2 },
  });
  expect(same).toBe("");
  const more = region.draw({
    finished: [],
    live: ["a long first row", "and the text so far", "> "],
    cursor: { row: 2, column: 2 },
  });
  expect(more).toContain(" far");
  expect(more).not.toContain("the text");
  expect(more.length).toBeLessThan(24);
});

it("puts the cursor where it is wanted, and hides it where it is not", async () => {
  const { terminal, draw, region } = open(20, 6);
  await draw(["one", "> typed", "status"], [], { row: 1, column: 7 });
  expect(terminal.cursor()).toEqual({ row: 1, column: 7 });
  await draw(["one", "> typed more", "status"], [], { row: 1, column: 12 });
  expect(terminal.cursor()).toEqual({ row: 1, column: 12 });
  expect(region.draw({ finished: [], live: ["one", "> typed more", "status"] })).toBe("\u001b[?25l");
  expect(region.erase()).toContain("\u001b[?25h");
});

it("shows the last rows of what is higher than the terminal", async () => {
  const { terminal, draw } = open(20, 5);
  const rows = Array.from({ length: 12 }, (_, index) => `row ${index}`);
  await draw(rows, ["finished"], { row: 11, column: 0 });
  expect(terminal.screen()).toEqual(["finished", "row 8", "row 9", "row 10", "row 11"]);
  await draw([...rows, "row 12"], [], { row: 12, column: 0 });
  expect(terminal.screen()).toEqual(["finished", "row 9", "row 10", "row 11", "row 12"]);
  await draw(["> "]);
  expect(terminal.all()).toEqual(["finished", ">"]);
});

it("leaves nothing behind when it is erased", async () => {
  const { terminal, draw, region } = open(20, 6);
  await draw(["a", "b", "c"], ["finished"], { row: 1, column: 0 });
  await terminal.write(region.erase());
  await terminal.write("next");
  expect(terminal.all()).toEqual(["finished", "next"]);
});

it("does not write finished rows again that stand there already", async () => {
  const { terminal, region, draw } = open(40, 10);
  await draw(["a first row of the answer", "a second row", "the open", "status", "> "], [], { row: 4, column: 2 });
  const bytes = region.draw({
    finished: ["a first row of the answer", "a second row"],
    live: ["the open row", "status", "> "],
    cursor: { row: 2, column: 2 },
  });
  expect(bytes).not.toContain("first");
  expect(bytes).not.toContain("status");
  await terminal.write(bytes);
  expect(terminal.all()).toEqual(["a first row of the answer", "a second row", "the open row", "status", ">"]);
  expect(terminal.cursor()).toEqual({ row: 4, column: 2 });
});

it("shows the right rows after the terminal became lower than what was drawn", async () => {
  const { terminal, draw, region } = open(20, 12);
  await draw(["1", "2", "3", "4", "5", "6", "7", "> "], ["finished"], { row: 7, column: 2 });
  terminal.resize(20, 5);
  region.resize({ columns: 20, rows: 5 });
  await draw(["5", "6", "7 more", "> "], ["1", "2 changed", "3", "4"], { row: 3, column: 2 });
  expect(terminal.screen().slice(-4)).toEqual(["5", "6", "7 more", ">"]);
  expect(terminal.cursor()).toEqual({ row: 4, column: 2 });
});

describe("a new size", () => {
  it.each([
    [60, 24],
    [25, 24],
    [12, 24],
    [40, 10],
    [120, 40],
  ])("in the middle of an answer (%i columns, %i rows): nothing twice, nothing lost", async (columns, rows) => {
    const { terminal, draw, region } = open(40, 24);
    await draw(["the open row", "codex · gpt · 12% · ~/project/of/mine", "> typed"], ["one", "two"], {
      row: 2,
      column: 7,
    });
    terminal.resize(columns, rows);
    region.resize({ columns, rows });
    await draw(["the open row", "status", "> typed"], [], { row: 2, column: 7 });
    await draw(["status", "> typed"], ["the open row"], { row: 1, column: 7 });
    expect(terminal.all()).toEqual(["one", "two", "the open row", "status", "> typed"]);
  });
});

it("shows what it should after any frames, on any size", async () => {
  const row = fc
    .string({ unit: fc.constantFrom("a", "b", " ", "世", "é", "🙂"), maxLength: 5 })
    .map((text) => text.trim());
  const frame = fc.record({
    finished: fc.array(row, { maxLength: 2 }),
    live: fc.array(row, { minLength: 1, maxLength: 7 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(frame, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 3, max: 9 }),
      async (frames, rows) => {
        const terminal = openVirtualTerminal(12, rows);
        const region = new LiveRegion({ columns: 12, rows });
        const finished: string[] = [];
        for (const [index, { finished: more, live }] of frames.entries()) {
          finished.push(...more);
          const cursor = index % 2 === 0 ? { row: live.length - 1, column: 0 } : undefined;
          await terminal.write(region.draw({ finished: more, live, cursor }));
          const expected = [...finished, ...live.slice(Math.max(0, live.length - (rows - 1)))];
          while (expected.at(-1) === "") expected.pop();
          expect(terminal.all()).toEqual(expected);
        }
        terminal.dispose();
      },
    ),
    { numRuns: 150 },
  );
});
