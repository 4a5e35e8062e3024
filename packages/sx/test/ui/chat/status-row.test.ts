import fc from "fast-check";
import { expect, it } from "vitest";
import { cellWidth } from "../../../src/ui/cell-width.js";
import { STATE, ViewHarness } from "./chat-harness.js";

function statusAt(columns: number, change: Partial<typeof STATE> = {}, isBusy = false): string {
  const harness = new ViewHarness();
  harness.view.setStatus({ ...STATE, ...change });
  if (isBusy) harness.view.setBusy({ sinceMs: harness.nowMs - 5_000 });
  const { rows } = harness.view.live({ columns, rows: 24 });
  expect(rows).toHaveLength(1);
  return rows[0] ?? "";
}

it("fits any width, whatever it has to say", () => {
  const name = fc.string({ unit: "grapheme", maxLength: 40 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 220 }), name, name, fc.boolean(), (columns, model, branch, isBusy) => {
      expect(cellWidth(statusAt(columns, { model: `m${model}`, branch }, isBusy))).toBeLessThanOrEqual(
        Math.max(1, columns - 1),
      );
    }),
  );
});

it.each([
  {
    columns: 200,
    has: ["codex", "gpt-5.2-codex", "high", "ask", "~/work/shop", "main", "13 %", "$0.123", "5 h limit 41 %"],
  },
  { columns: 60, has: ["gpt-5.2-codex", "ask", "13 %", "5 h"] },
  { columns: 40, has: ["gpt-5.2-codex", "ask", "13 %"] },
  { columns: 20, has: ["gpt-5.2-codex"] },
])("keeps what is worth most at $columns columns", ({ columns, has }) => {
  for (const part of has) expect(statusAt(columns)).toContain(part);
});

it("keeps a limit that is nearly reached before a price", () => {
  const row = statusAt(44, {
    limits: {
      windows: [
        { name: "a", usedPercent: 20 },
        { name: "weekly", usedPercent: 95 },
      ],
    },
  });
  expect(row).toMatch(/weekly.* 95 %/);
  expect(row).not.toContain("$");
});

it("says how to stop as long as there is room for a word", () => {
  expect(statusAt(40, {}, true)).toContain("Esc");
});

it("does not take what is not known for nothing", () => {
  const row = statusAt(200, { costUsd: undefined, contextTokens: undefined, limits: undefined });
  expect(row).not.toMatch(/\$|%|undefined|NaN/);
});
