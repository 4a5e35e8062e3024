import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkProfileName, profileCandidates } from "../src/profile.js";
import { makeSampleHome, samplePath } from "./sample-home.js";

describe("checkProfileName", () => {
  it.each(["work", "a.b", "über", "gpt-5_5", "x".repeat(64), ".hidden"])("accepts %s", (name) => {
    expect(checkProfileName(name)).toBeUndefined();
  });

  it.each([
    "",
    "x".repeat(65),
    "a/b",
    "a\\b",
    "..",
    "a..b",
    "a b",
    "a\tb",
    "a\u00a0b",
    "a\0b",
    "a\u001b",
    "a\u200bb",
    "a\u202eb",
  ])("refuses %j", (name) => {
    expect(checkProfileName(name)).toMatch(/^the profile name ".*" (is|has) /);
  });
});

describe("profileCandidates", () => {
  it("goes from the project to the user to the machine", () => {
    const sample = makeSampleHome();
    const found = profileCandidates("work", sample, { root: sample.cwd, files: [] });
    expect(found).toEqual([
      { place: "project", path: samplePath(sample, "./.scorpiox/scorpiox-env/work.txt") },
      { place: "project", path: samplePath(sample, "./scorpiox-env/work.txt") },
      { place: "user", path: samplePath(sample, "~/.scorpiox/scorpiox-env/work.txt") },
      { place: "user", path: samplePath(sample, "~/.claude/scorpiox-env/work.txt") },
      { place: "global", path: samplePath(sample, "@/scorpiox-env/work.txt") },
    ]);
  });

  it("counts a place that is both the user's and the project's as the user's", () => {
    const sample = makeSampleHome({ "~/.scorpiox/x": "" });
    symlinkSync(sample.home, join(sample.root, "link"));
    for (const home of [sample.home, join(sample.root, "link")]) {
      const found = profileCandidates("work", { ...sample, home }, { root: sample.home, files: [] });
      expect(found.map(({ place }) => place)).toEqual(["project", "user", "user", "global"]);
      expect(found[0]?.path).toBe(join(sample.home, "scorpiox-env", "work.txt"));
    }
  });
});
