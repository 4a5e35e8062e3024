import { describe, expect, it } from "vitest";
import { EFFORTS, nearestEffort } from "../src/models.js";
import { CODEX_MODELS } from "../src/models-codex.js";
import type { Effort } from "../src/types.js";

describe("nearestEffort", () => {
  it.each<[wanted: Effort, taken: readonly Effort[], sent: Effort]>([
    ["high", ["low", "high"], "high"],
    ["off", ["low", "high"], "low"],
    ["max", ["low", "high"], "high"],
    ["medium", ["low", "high"], "low"],
    ["high", [], "high"],
  ])("%s of %j is %s", (wanted, taken, sent) => {
    expect(nearestEffort(wanted, taken)).toBe(sent);
  });
});

describe("the models of codex", () => {
  // Source: the product page's list, which stays selectable.
  it.each([
    "gpt-5.3-codex",
    "gpt-5.3-codex-spark",
    "gpt-5.2-codex",
    "gpt-5.2",
    "gpt-5.1-codex",
    "gpt-5.1-codex-mini",
    "gpt-5.1-codex-max",
  ])("hold %s", (id) => {
    expect(CODEX_MODELS.models.map((model) => model.id)).toContain(id);
  });

  it("have aliases for living ones, unique ids, and efforts in order", () => {
    const ids = CODEX_MODELS.models.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const target of Object.values(CODEX_MODELS.aliases)) {
      expect(CODEX_MODELS.models.find(({ id }) => id === target)?.retired).toBeUndefined();
      expect(ids).toContain(target);
    }
    for (const { efforts, retired } of CODEX_MODELS.models) {
      expect(efforts).toEqual(EFFORTS.filter((effort) => efforts.includes(effort)));
      expect(retired ?? "2026-01-01").toMatch(/^\d{4}-\d\d-\d\d$/);
    }
  });
});
