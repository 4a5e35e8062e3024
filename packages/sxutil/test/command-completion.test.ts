import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { formatCompletion, SHELLS, type Shell } from "../src/command-completion.js";
import { SAMPLE } from "./sample-command.js";

const has = (shell: Shell): boolean => spawnSync(shell, ["-c", "exit 0"]).status === 0;

/** Cuts a line as bash does before it calls the function: also at `=`. */
const bashWords = (line: string): string[] => line.split(/(?<=\S) (?=\S|$)|(?==)|(?<==)/u).map((word) => word.trim());

const ASK: Readonly<Record<Shell, (script: string, line: string) => readonly string[]>> = {
  bash: (script, line) => {
    const program = `set -eu\n${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sx_tool; printf '%s\\n' "\${COMPREPLY[@]-}"`;
    return run("bash", ["--noprofile", "--norc", "-c", program, "bash", ...bashWords(line)]);
  },
  // The function runs as it is; only what would draw the menu is replaced by something that prints.
  zsh: (script, line) => {
    const words = line.split(" ");
    const program = `
      compdef() { :; }; _files() { print -- FILES; }; compadd() { shift; print -l -- $@; }
      compset() { PREFIX=\${PREFIX#*=}; }; _describe() { print -l -- "\${(@)\${(P)2}%%:*}"; }
      ${script}
      words=("$@"); CURRENT=$#; PREFIX=\${words[-1]}; _sx_tool`;
    const last = words.at(-1) ?? "";
    const start = last.startsWith("--") && last.includes("=") ? last.slice(last.indexOf("=") + 1) : last;
    return run("zsh", ["-f", "-c", program, "zsh", ...words]).filter((word) => word.startsWith(start));
  },
  fish: (script, line) =>
    run("fish", ["--no-config", "-c", `${script}\ncomplete -C ${JSON.stringify(line)}`]).map(
      // An attached value is answered with its option.
      (row) => row.split("\t")[0]?.replace(/^--[\w-]+=/u, "") ?? "",
    ),
};

describe.each(SHELLS)("formatCompletion for %s (skipped where that shell is missing)", (shell) => {
  const script = formatCompletion(SAMPLE, shell);

  it.skipIf(!has(shell))("is valid", () => {
    const folder = mkdtempSync(join(tmpdir(), "sx-completion-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "script");
    writeFileSync(path, script);
    const { status, stderr } = spawnSync(shell, ["-n", path], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it.skipIf(!has(shell)).each([
    ["sx-tool ", ["add", "shell"]],
    ["sx-tool a", ["add"]],
    ["sx-tool --f", ["--format"]],
    ["sx-tool --co", ["--config", "--count"]],
    ["sx-tool --secret", []],
    ["sx-tool --format ", ["json", "token-only"]],
    ["sx-tool --format t", ["token-only"]],
    ["sx-tool --format=t", ["token-only"]],
    ["sx-tool --format json a", ["add"]],
    ["sx-tool --format=json a", ["add"]],
    ["sx-tool --count ", []],
    ["sx-tool add --fo", ["--force"]],
    ["sx-tool add --he", ["--help"]],
    ["sx-tool add --note shell --fo", ["--force"]],
    ["sx-tool shell --fo", []],
    ["sx-tool shell ", ["bash", "fish"]],
    ["sx-tool shell b", ["bash"]],
  ])("completes %j", (line, expected) => {
    const offers = ASK[shell](script, line).filter((word) => word !== "");
    expect(offers.toSorted()).toEqual(expected);
  });

  it("lets no name of the table become code", () => {
    const option = { name: "x$(id)", type: "boolean", help: "" } as const;
    expect(() => formatCompletion({ ...SAMPLE, options: [option] }, shell)).toThrow("not a plain word");
  });
});

it.skipIf(!has("zsh"))("asks zsh for files where the value is one (skipped without zsh)", () => {
  expect(ASK.zsh(formatCompletion(SAMPLE, "zsh"), "sx-tool -i ")).toEqual(["FILES"]);
});

function run(program: string, args: readonly string[]): readonly string[] {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  expect({ program, status: status ?? -1, stderr }).toMatchObject({ stderr: "" });
  return stdout.split("\n").filter((line) => line !== "");
}
