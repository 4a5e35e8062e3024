import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { KEYS } from "@scorpiox/sxutil";
import { expect, it } from "vitest";
import { CONFIG } from "../src/args.js";
import { manPage } from "../src/man-page.js";
import { SampleCommand } from "./sample-command.js";

const PAGE = fileURLToPath(new URL("../man/scorpiox-config.1", import.meta.url));
const hasMan = spawnSync("man", ["--version"]).status === 0;

// SX_UPDATE_DOCS=1 writes the page instead of comparing it.
it("is the page that is kept, with every key", async () => {
  if (process.env["SX_UPDATE_DOCS"] === "1") await writeFile(PAGE, manPage());
  else expect(await readFile(PAGE, "utf8")).toBe(manPage());
  for (const { name } of KEYS) expect(manPage()).toContain(name);
});

it.skipIf(!hasMan)("is shown by man without a complaint (skipped without man)", () => {
  const env = { PATH: process.env["PATH"] ?? "", LC_ALL: "C.UTF-8", MANWIDTH: "200", MANPAGER: "cat" };
  const { status, stderr } = spawnSync("man", ["--warnings", "-l", PAGE], { encoding: "utf8", env });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

it.each(["bash", "zsh", "fish"])("the completion for %s offers every command", async (shell) => {
  const { code, stdout } = await new SampleCommand().run(["completion", shell]);
  expect(code).toBe(0);
  for (const { name } of CONFIG.commands) expect(stdout).toContain(name.split(" ")[0]);
});
