import { execFileSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findProjectInstructions } from "../src/project-instructions.js";
import { makePlace } from "./harness.js";

async function projectWith(files: Readonly<Record<string, string>>): Promise<string> {
  const { project } = await makePlace();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(project, name, ".."), { recursive: true });
    await writeFile(join(project, name), text);
  }
  return project;
}

test.each([
  { name: "AGENTS.md here", files: { "AGENTS.md": "rules" }, cwd: ".", want: "rules" },
  { name: "CLAUDE.md when there is no other", files: { "CLAUDE.md": "claude" }, cwd: ".", want: "claude" },
  { name: "AGENTS.md before CLAUDE.md", files: { "AGENTS.md": "a", "CLAUDE.md": "c" }, cwd: ".", want: "a" },
  {
    name: "upward to the git root",
    files: { ".git/HEAD": "ref: refs/heads/x", "AGENTS.md": "root", "a/b/x": "" },
    cwd: "a/b",
    want: "root",
  },
  {
    name: "the nearest wins",
    files: { ".git/HEAD": "", "AGENTS.md": "root", "a/CLAUDE.md": "near", "a/b/x": "" },
    cwd: "a/b",
    want: "near",
  },
  {
    name: "not above the git root",
    files: { "AGENTS.md": "outside", "repo/.git/HEAD": "", "repo/x": "" },
    cwd: "repo",
    want: undefined,
  },
  { name: "not upward without git", files: { "AGENTS.md": "outside", "a/x": "" }, cwd: "a", want: undefined },
  { name: "an empty file is none", files: { "AGENTS.md": " \n" }, cwd: ".", want: undefined },
])("$name", async ({ files, cwd, want }) => {
  const project = await projectWith(files);
  expect(findProjectInstructions(join(project, cwd))?.text).toBe(want);
});

test("a FIFO or a folder of that name does not hang or fail", async () => {
  const project = await projectWith({ ".git/HEAD": "", "a/x": "" });
  execFileSync("mkfifo", [join(project, "a", "AGENTS.md")]);
  await mkdir(join(project, "AGENTS.md"));
  expect(findProjectInstructions(join(project, "a"))).toBeUndefined();
});

test("a huge file is cut, and the cut is said", async () => {
  const project = await projectWith({ "AGENTS.md": "x".repeat(100_000) });
  const text = findProjectInstructions(project)?.text ?? "";
  expect(text.length).toBeLessThan(33_000);
  expect(text).toContain("[cut at 32768 bytes");
});

test("a link is followed inside the project only", async () => {
  const cwd = await projectWith({
    "outside.md": "not yours",
    "repo/.git/HEAD": "",
    "repo/CLAUDE.md": "ours",
    "repo/a/x": "",
  });
  await symlink("../CLAUDE.md", join(cwd, "repo/a/AGENTS.md"));
  expect(findProjectInstructions(join(cwd, "repo/a"))?.text).toBe("ours");
  await symlink("../outside.md", join(cwd, "repo/AGENTS.md"));
  expect(findProjectInstructions(join(cwd, "repo"))).toMatchObject({ name: "CLAUDE.md", text: "ours" });
});

test("what no reader of the file would see is left out", async () => {
  const cwd = await projectWith({ "AGENTS.md": "\ufeffa\u{e0041}\u{e0042}b\u202ec\u200bd\u001b[2Je\r\nf 👩‍👧" });
  expect(findProjectInstructions(cwd)?.text).toBe("abcd[2Je\nf 👩‍👧");
});
