import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { run } from "./command-run.js";
import { SampleHome } from "./sample-home.js";

it.each([
  ["bash", "-n"],
  ["zsh", "-n"],
  ["fish", "--no-execute"],
])("prints a script that %s takes (its check is skipped where that shell is missing)", async (shell, check) => {
  const sample = new SampleHome();
  const { code, stdout, stderr } = await run(sample, ["completion", shell]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const word of ["login", "logout", "--format", "--browser"]) expect(stdout).toContain(word.replace(/^--/u, ""));
  const path = sample.put("script", stdout);
  const checked = spawnSync(shell, [check, path], { encoding: "utf8" });
  if (checked.error === undefined) expect(checked).toMatchObject({ status: 0, stderr: "" });
});

it("completes in a real bash", async () => {
  const sample = new SampleHome();
  const { stdout } = await run(sample, ["completion", "bash"]);
  const ask = `${stdout}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _scorpiox_codex_fetchtoken; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const answer = (...words: string[]): string[] =>
    spawnSync("bash", ["--noprofile", "--norc", "-c", ask, "bash", "scorpiox-codex-fetchtoken", ...words], {
      encoding: "utf8",
    })
      .stdout.split("\n")
      .filter((word) => word !== "");
  expect(answer("log")).toEqual(["login", "logout"]);
  expect(answer("login", "--b")).toEqual(["--browser"]);
  expect(answer("--format", "=", "cred")).toEqual(["credential-process"]);
  expect(answer("completion", "")).toEqual(["bash", "zsh", "fish"]);
  expect(answer("--port")).toEqual([]);
});
