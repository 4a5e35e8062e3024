import { execFileSync } from "node:child_process";
import { existsSync, rmSync, statSync } from "node:fs";
import { expect, it } from "vitest";
import { SampleCommand } from "./sample-command.js";

const FILE = "./scorpiox-env.txt";
const SECRET = ["set", "OPENAI_API_KEY", "sk-12345678", "--tier", "project"] as const;
const PATH = process.env["PATH"] ?? "";

function inRepository(files: Record<string, string> = {}): SampleCommand {
  const command = new SampleCommand(files);
  rmSync(command.path("./.git"), { recursive: true });
  git(command, "init", "-q");
  return command;
}

function git(command: SampleCommand, ...argv: readonly string[]): void {
  execFileSync("git", argv, { cwd: command.cwd, stdio: "ignore", env: { PATH, HOME: command.home } });
}

it("a secret is not written where git would commit it", async () => {
  const command = inRepository();
  const ran = await command.run(SECRET, { env: { PATH } });
  expect(ran.code).toBe(2);
  expect(ran.stderr).toMatch(/git would commit ~\/project\/scorpiox-env\.txt; use --tier user .*--ignore/);
  expect(existsSync(command.path(FILE))).toBe(false);
});

it("--ignore and a yes put the file into .gitignore first, and keep the rest of that", async () => {
  const command = inRepository({ "./.gitignore": "node_modules" });
  expect(await command.run([...SECRET, "--ignore"], { env: { PATH } })).toMatchObject({ code: 0 });
  expect(command.text("./.gitignore")).toBe("node_modules\n/scorpiox-env.txt\n");
  expect(statSync(command.path(FILE)).mode & 0o777).toBe(0o600);
  const asked = inRepository();
  expect(await asked.run(SECRET, { env: { PATH }, terminal: true, stdin: "y\n" })).toMatchObject({ code: 0 });
  expect(asked.text("./.gitignore")).toBe("/scorpiox-env.txt\n");
});

it("a file that is ignored already is written; one that is tracked is not, whatever .gitignore says", async () => {
  const ignored = inRepository({ "./.gitignore": "scorpiox-env.txt\n" });
  expect(await ignored.run(SECRET, { env: { PATH } })).toMatchObject({ code: 0 });
  const tracked = inRepository({ [FILE]: "MODEL=x\n" });
  git(tracked, "add", "scorpiox-env.txt");
  const ran = await tracked.run([...SECRET, "--ignore"], { env: { PATH } });
  expect(ran).toMatchObject({ code: 2 });
  expect(ran.stderr).toContain("it is tracked already");
  expect(tracked.text(FILE)).toBe("MODEL=x\n");
});

it("nothing that the repository configures is run", async () => {
  const command = inRepository({ "./evil.sh": "#!/bin/sh\ntouch ran\n" });
  execFileSync("chmod", ["+x", command.path("./evil.sh")]);
  git(command, "config", "core.fsmonitor", "./evil.sh");
  await command.run([...SECRET, "--ignore"], { env: { PATH: `.:${PATH}` } });
  expect(existsSync(command.path("./ran"))).toBe(false);
});

it("nothing that the repository configures is run by the setup either", async () => {
  const command = inRepository({ "./evil.sh": "#!/bin/sh\ntouch ran\n", "./git": "#!/bin/sh\ntouch ran\n" });
  for (const file of ["./evil.sh", "./git"]) execFileSync("chmod", ["+x", command.path(file)]);
  git(command, "config", "core.fsmonitor", "./evil.sh");
  const argv = ["init", "--provider", "anthropic", "--model", "sonnet", "--tier", "project", "--dry-run"];
  await command.run(argv, { env: { PATH: `.:${PATH}` } });
  expect(existsSync(command.path("./ran"))).toBe(false);
});

it("without a repository the file is made private", async () => {
  const command = new SampleCommand();
  rmSync(command.path("./.git"), { recursive: true });
  expect(await command.run(SECRET)).toMatchObject({ code: 0 });
  expect(statSync(command.path(FILE)).mode & 0o777).toBe(0o600);
});
