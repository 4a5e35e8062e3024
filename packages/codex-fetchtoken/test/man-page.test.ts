import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { manPage } from "../src/man-page.js";

const PAGE = fileURLToPath(new URL("../man/scorpiox-codex-fetchtoken.1", import.meta.url));
const hasMan = spawnSync("man", ["--version"]).status === 0;

// SX_UPDATE_DOCS=1 writes the page instead of comparing it.
it("is the page that is shipped", async () => {
  if (process.env["SX_UPDATE_DOCS"] === "1") await writeFile(PAGE, manPage());
  else expect(await readFile(PAGE, "utf8")).toBe(manPage());
});

it.skipIf(!hasMan)("is shown by man without a complaint (skipped without man)", () => {
  const { status, stdout, stderr } = spawnSync("man", ["--warnings", "-l", PAGE], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C.UTF-8", MANWIDTH: "200", MANPAGER: "cat" },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  for (const title of ["NAME", "SYNOPSIS", "COMMANDS", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES"]) {
    expect(stdout).toContain(`\n${title}\n`);
  }
  expect(stdout).toContain("scorpiox-codex-fetchtoken login [--browser] [--name NAME] [--force]");
});
