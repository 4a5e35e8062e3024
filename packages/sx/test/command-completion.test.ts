import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makePlace, runSx } from "./harness.js";

test.each([
  ["bash", "-n"],
  ["zsh", "-n"],
  ["fish", "--no-execute"],
])("prints a script that %s takes (its check is skipped where that shell is missing)", async (shell, check) => {
  const place = await makePlace();
  const { code, stdout, stderr } = await runSx(["completion", shell], { place, stdin: "" });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const word of ["sessions", "models", "limits", "approval-mode"]) expect(stdout).toContain(word);
  const path = join(place.home, "script");
  await writeFile(path, stdout);
  const checked = spawnSync(shell, [check, path], { encoding: "utf8" });
  if (checked.error === undefined) expect(checked).toMatchObject({ status: 0, stderr: "" });
});

test.each([[["completion"]], [["completion", "csh"]], [["completion", "bash", "zsh"]]])(
  "%j is an error, never a prompt",
  async (argv) => {
    const outcome = await runSx(argv, { place: await makePlace(), stdin: "" });
    expect(outcome).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("needs one shell") });
  },
);
