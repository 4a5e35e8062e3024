import { getEventListeners } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ToolOutput } from "@scorpiox/sxnet";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ShellJobs } from "../../src/shell/shell-jobs.js";
import { createBashTool } from "../../src/tools/tool-bash.js";
import type { ToolLimits } from "../../src/tools/tool-context.js";
import { buildToolEnvironment } from "../../src/shell/tool-environment.js";
import { isAlive, onLinux, readPids } from "../shell/processes.js";

let workspace: string;
let scratch: string;
let jobs: ShellJobs;

beforeEach(async () => {
  workspace = await realpath(await mkdtemp(join(tmpdir(), "sx-bash-")));
  scratch = await mkdtemp(join(tmpdir(), "sx-scratch-"));
  jobs = new ShellJobs();
});
afterEach(async () => {
  expect(await jobs.endAll()).toEqual([]);
  await rm(workspace, { recursive: true, force: true });
  await rm(scratch, { recursive: true, force: true });
});

interface Setup {
  readonly input?: Record<string, unknown>;
  readonly limits?: Partial<ToolLimits>;
  readonly env?: Record<string, string>;
  readonly scratch?: () => Promise<string>;
  readonly signal?: AbortSignal;
}

function makeTool(setup: Setup = {}) {
  return createBashTool({
    workspace,
    env: { ...buildToolEnvironment(process.env), ...setup.env },
    home: workspace,
    credentialPaths: [],
    jobs,
    scratch: setup.scratch ?? (() => Promise.resolve(scratch)),
    limits: { killGraceMs: 300, ...setup.limits },
  });
}

interface Seen extends Omit<ToolOutput, "exitCode"> {
  readonly exitCode: number | undefined;
  readonly text: string;
}

async function bash(command: string, setup: Setup = {}, tool = makeTool(setup)): Promise<Seen> {
  const signal = setup.signal ?? new AbortController().signal;
  const output = await tool.run({ command, ...setup.input }, { signal, toolUseId: "t" });
  if (typeof output === "string") throw new Error("expected a whole output");
  const [block] = output.content;
  return { ...output, exitCode: output.exitCode, text: block?.type === "text" ? block.text : "" };
}

describe("how a command ends", () => {
  test.each([
    ["quietly", "true", { text: "[no output]", status: "ok", exitCode: 0 }],
    ["with output", "echo hi", { text: "hi", status: "ok", exitCode: 0, truncated: false }],
    ["with a failure", "echo no; exit 3", { text: "no\n[exit code 3]", status: "error", exitCode: 3 }],
    ["not found", "nosuchprogram", { status: "error", exitCode: 127 }],
    ["with a syntax error", "if then", { status: "error", exitCode: 2 }],
    ["by a signal", "echo x; kill -KILL $$", { text: "x\n[ended by SIGKILL]", status: "error", exitCode: undefined }],
    ["with a dash first", "-x; echo after", { text: expect.stringContaining("after"), exitCode: 0 }],
    ["over several lines", "echo 1\necho 2", { text: "1\n2", exitCode: 0 }],
    ["without input", 'read x; echo "$? [$x]"; cat', { text: "1 []", exitCode: 0 }],
    ["without a terminal", "test -t 0 || test -t 1 || echo none </dev/tty", { exitCode: 1 }],
  ])("%s", async (_name, command, wanted) => {
    expect(await bash(command)).toMatchObject(wanted);
  });

  test.each([
    ["both streams in their order", "for i in 1 2 3; do echo o$i; echo e$i >&2; done", "o1\ne1\no2\ne2\no3\ne3"],
    ["/dev/stderr can be opened", "echo a >/dev/stderr; echo b | tee /dev/stderr", "a\nb\nb"],
    ["/dev/stdout can be opened", "echo a >/dev/stdout; echo b | dd of=/dev/stdout 2>/dev/null", "a\nb"],
    ["colours are gone", "printf '\\033[31mred\\033[0m\\r\\n'", "red"],
    ["file names with NULs", "printf 'a\\0b\\0'", "a\\0b\\0"],
  ])("output: %s", async (_name, command, text) => {
    expect((await bash(command)).text).toBe(text);
  });

  test("in the workspace, or in a folder inside it", async () => {
    await mkdir(join(workspace, "inner"));
    expect((await bash("pwd -P")).text).toBe(workspace);
    expect((await bash("pwd -P", { input: { workdir: "inner" } })).text).toBe(join(workspace, "inner"));
  });
});

describe("what a command cannot see", () => {
  test("secrets", async () => {
    const env = buildToolEnvironment({
      ...process.env,
      OPENAI_API_KEY: "sk-1",
      MY_TOKEN: "t-2",
      CODEX_SSH_PASS: "p-3",
    });
    const { text } = await bash("env; cat /proc/self/environ 2>/dev/null", { env });
    expect(text).toContain("GIT_TERMINAL_PROMPT=0");
    expect(text).toMatch(/SX_JOB=[0-9a-f]{16}\b/);
    for (const secret of ["sk-1", "t-2", "p-3", "API_KEY"]) expect(text).not.toContain(secret);
  });

  test("a mark of an outer sx is kept beside its own", async () => {
    expect((await bash("echo $SX_JOB", { env: { SX_JOB: "outer" } })).text).toMatch(/^outer:[0-9a-f]{16}$/);
  });

  test("a bash that the repository brought", async () => {
    await mkdir(join(workspace, "bin"));
    await writeFile(join(workspace, "bin", "bash"), "#!/bin/sh\necho stolen\n");
    await chmod(join(workspace, "bin", "bash"), 0o755);
    const path = `${join(workspace, "bin")}:${process.env["PATH"]}`;
    expect((await bash("echo mine", { env: { PATH: path } })).text).toBe("mine");
  });
});

describe("too much output", () => {
  const limits = { headBytes: 1_000, tailBytes: 2_000, spillBytes: 1_000_000 };

  test("both ends are kept, and all of it is in a private file", async () => {
    const output = await bash("seq 1 20000", { limits });
    const path = String(output.details?.["outputPath"]);
    const whole = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join("");
    expect(await readFile(path, "utf8")).toBe(whole);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(output.truncated).toBe(true);
    const [, bytes, lines] =
      /\[(\d+) of 108894 bytes and (\d+) of 20000 lines left out; all of it is in /.exec(output.text) ?? [];
    const shown = output.text.split("\n").filter((line) => /^\d+$/.test(line));
    expect(shown.length + Number(lines)).toBe(20_000);
    expect(shown.reduce((sum, line) => sum + line.length + 1, 0) + Number(bytes)).toBe(108_894);
    expect(shown[0]).toBe("1");
    expect(shown.at(-1)).toBe("20000");
  });

  test("the file has an end, the counts have not", async () => {
    const output = await bash("head -c 5000000 /dev/zero | tr '\\0' '\\n'", { limits });
    const path = String(output.details?.["outputPath"]);
    expect((await stat(path)).size).toBe(1_000_000);
    expect(output.details).toMatchObject({ outputBytes: 5_000_000, outputLines: 5_000_000 });
    expect(output.text).toContain("; the first 1000000 bytes are in ");
  });

  test("the model gets 30 KB of it, mostly the end", async () => {
    const { text } = await bash("seq 100000 199999");
    const [head = "", tail = ""] = text.split(/\n\[.*\]\n/);
    expect([head.length, tail.length]).toEqual([10_233, 20_474]);
    expect((await bash("seq 1000 7000")).truncated).toBe(false);
  });

  test("300 MB pass through little memory", async () => {
    const before = process.memoryUsage().rss;
    const output = await bash("yes | head -c 300000000", { limits: { spillBytes: 10_000_000 } });
    expect(output.details).toMatchObject({ outputBytes: 300_000_000, outputLines: 150_000_000 });
    expect(output.text.length).toBeLessThan(32_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
  });

  test("one line of 3 MB, cut at whole characters", async () => {
    const { text } = await bash("yes € | head -n 1000000 | tr -d '\\n'", { limits });
    expect(text).not.toContain("\ufffd");
    expect(text).toMatch(/^€{333}\n\[\d+ of 3000000 bytes and 0 of 1 lines left out/);
  });

  test("without a scratch folder it says so and works on", async () => {
    const failing = () => Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }));
    const output = await bash("seq 1 20000; echo oops >&2", { limits, scratch: failing });
    expect(output.text).toContain("it could not be kept in a file (ENOSPC)");
    expect(output.text).toMatch(/^1\n2\n/);
    expect(output.text).toContain("oops");
  });
});

test("binary output is named, not shown", async () => {
  const { text } = await bash("head -c 2000 /bin/sh");
  expect(text).toMatch(/^\[binary output not shown: [\w -]+, 2000 bytes; send it to a file to use it\]$/);
});

describe("what outlives the shell", () => {
  test("a background process that holds the output is listed, kept, and ended with sx", async () => {
    const output = await bash("echo hi; sleep 300 & echo $! >pid");
    const [pid] = await readPids(workspace, ["pid"]);
    expect(output).toMatchObject({ status: "ok", exitCode: 0, details: { outcome: "background" } });
    expect(output.text).toMatch(
      new RegExp(`^hi\\n\\[still running in the background until sx ends: pid ${pid} \\(.*\\); what it prints`),
    );
    expect(await isAlive(pid)).toBe(true);
    expect(jobs.list().map(({ command }) => command)).toEqual(["echo hi; sleep 300 & echo $! >pid"]);
    expect(await jobs.endAll()).toEqual([]);
    expect(await isAlive(pid)).toBe(false);
  });

  test("one that let go of the output is listed as well", async () => {
    const output = await bash("sleep 300 >/dev/null 2>&1 & echo $! >pid");
    const [pid] = await readPids(workspace, ["pid"]);
    expect(output.text).toContain(`until sx ends: pid ${pid} (`);
    expect(await jobs.endAll()).toEqual([]);
    expect(await isAlive(pid)).toBe(false);
  });

  test("what a job prints later is in its file, and the job leaves the list when it is done", async () => {
    const output = await bash("echo early; (until test -e go; do sleep 0.05; done; echo late) & disown");
    const path = String(output.details?.["outputPath"]);
    expect(await readFile(path, "utf8")).toBe("early\n");
    await writeFile(join(workspace, "go"), "");
    await expect.poll(() => readFile(path, "utf8"), { timeout: 20_000 }).toBe("early\nlate\n");
    await expect.poll(() => jobs.list().length, { timeout: 20_000 }).toBe(0);
  });

  test("output through a process substitution is whole", async () => {
    const output = await bash("exec > >(tee copy); echo one; echo two");
    expect(output.text).toBe("one\ntwo");
    expect(await readFile(join(workspace, "copy"), "utf8")).toBe("one\ntwo\n");
  });

  test("a failing shell with a background process keeps its exit code", async () => {
    expect(await bash("sleep 300 & exit 4")).toMatchObject({ status: "error", exitCode: 4 });
  });
});

/** Shapes of process trees; each writes the numbers of its processes into files named `pid*`. */
const SHAPES: readonly (readonly [name: string, command: string, files: readonly string[]])[] = [
  ["a plain child", "sh -c 'echo $$ >pid1; exec sleep 300'; true", ["pid1"]],
  ["a background child", "sleep 300 & echo $! >pid1; wait", ["pid1"]],
  ["a grandchild in its own session", "setsid sh -c 'echo $$ >pid1; exec sleep 300' & sleep 300", ["pid1"]],
  [
    "a double fork under nohup",
    "nohup sh -c 'sh -c \"echo \\$\\$ >pid1; exec sleep 300\" & echo $$ >pid2; sleep 300' >/dev/null 2>&1 & sleep 300",
    ["pid1", "pid2"],
  ],
  ["a pipeline in a subshell", "(sh -c 'echo $$ >pid1; exec sleep 300' | cat) & sleep 300", ["pid1"]],
  ["one that ignores TERM", "sh -c 'trap \"\" TERM; echo $$ >pid1; while :; do sleep 1; done'; true", ["pid1"]],
  ["a stopped one", "sh -c 'echo $$ >pid1; kill -STOP $$; sleep 300'; true", ["pid1"]],
  [
    "a daemon without the mark that holds the output",
    "env -i setsid /bin/sh -c 'echo $$ >pid1; exec /bin/sleep 300' & sleep 300",
    ["pid1"],
  ],
];

describe("abort ends everything", () => {
  test.each(onLinux ? SHAPES : SHAPES.slice(0, 2))("%s", async (_name, command, files) => {
    const controller = new AbortController();
    const running = bash(command, { signal: controller.signal });
    const pids = await readPids(workspace, files);
    for (const pid of pids) expect(await isAlive(pid)).toBe(true);
    controller.abort();
    const output = await running;
    expect(output).toMatchObject({ status: "cancelled", details: { survivors: [], verified: true } });
    expect(output.text).toBe("[cancelled and killed; nothing of it is left]");
    for (const pid of pids) expect(await isAlive(pid)).toBe(false);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  test("while only a background process is left", async () => {
    const controller = new AbortController();
    const running = bash("sleep 300 & echo $! >pid1", {
      signal: controller.signal,
      limits: { drainMs: 300_000, quietMs: 300_000 },
    });
    const [pid] = await readPids(workspace, ["pid1"]);
    controller.abort();
    expect(await running).toMatchObject({ status: "cancelled", details: { survivors: [] } });
    expect(await isAlive(pid)).toBe(false);
    expect(jobs.list()).toEqual([]);
  });

  test("before it began", async () => {
    const output = await bash("echo x >ran", { signal: AbortSignal.abort() });
    expect(output.status).toBe("cancelled");
    expect(existsSync(join(workspace, "ran"))).toBe(false);
  });
});

describe("the time limit", () => {
  test("ends everything, keeps the output and says so", async () => {
    const output = await bash("echo begun; nohup sleep 300 & sleep 300", { input: { timeout_seconds: 1 } });
    expect(output).toMatchObject({
      status: "timeout",
      exitCode: undefined,
      details: { survivors: [], verified: true },
    });
    expect(output.text).toMatch(
      /^begun\n\[timed out after 1 s and was killed; nothing of it is left; it gets no input/,
    );
  });

  test("is bounded whatever the model asks for", async () => {
    const output = await bash("sleep 300", { input: { timeout_seconds: 600 }, limits: { maxTimeoutMs: 200 } });
    expect(output.text).toContain("timed out after 0.2 s");
  });

  test("does not end a background process of a shell that was in time", async () => {
    const output = await bash("sleep 300 & echo hi", { limits: { timeoutMs: 2_000 } });
    expect(output.details).toMatchObject({ outcome: "background" });
  });
});

test("nothing is left of many commands: no handle, no listener, no file but the spare pipes", async () => {
  const before = handles();
  const controller = new AbortController();
  const tool = makeTool();
  const setup = { signal: controller.signal };
  const outputs = await Promise.all(Array.from({ length: 40 }, (_, index) => bash(`echo ${index}`, setup, tool)));
  expect(outputs.map(({ text }) => text)).toEqual(Array.from({ length: 40 }, (_, index) => String(index)));
  expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  await expect.poll(handles).toEqual(before);
  const left = await readdir(scratch);
  expect(left.filter((name) => !name.startsWith("pipe-"))).toEqual([]);
  expect(left.length).toBeLessThan(48);
});

function handles(): readonly string[] {
  return process.getActiveResourcesInfo().filter((name) => /^(?:Process|Pipe|TCP)/.test(name));
}

describe("what cannot work is said plainly", () => {
  test("the workspace is gone", async () => {
    const tool = makeTool();
    await rm(workspace, { recursive: true });
    await expect(bash("true", {}, tool)).rejects.toThrow(
      `the workspace ${workspace} is not there; start sx again in a folder that exists`,
    );
  });

  test.each([
    ["a folder outside", "..", "is outside the workspace"],
    ["a link that leads outside", "link", "is outside the workspace"],
    ["a missing folder", "nothere", "is not there; name a folder that exists"],
    ["a file", "file", "is not a folder"],
  ])("workdir: %s", async (_name, workdir, message) => {
    await writeFile(join(workspace, "file"), "");
    await symlink(tmpdir(), join(workspace, "link"));
    await expect(bash("true", { input: { workdir } })).rejects.toThrow(message);
  });

  test("a command that is too long", async () => {
    await expect(bash(`: ${"x".repeat(3_000_000)}`)).rejects.toThrow(
      /^the command has 3000002 bytes, more than this system/,
    );
  });

  test("a command with a NUL", async () => {
    await expect(bash("echo a\0b")).rejects.toThrow("the command contains a NUL character; leave it out");
  });

  test("no TMPDIR", async () => {
    expect((await bash("echo ${TMPDIR:-none}", { env: { TMPDIR: "/nonexistent" } })).text).toBe("/nonexistent");
  });
});

describe("the definition", () => {
  test("is small, and asks for no more than it uses", () => {
    const { name, description, inputSchema, access } = makeTool();
    expect(JSON.stringify({ name, description, inputSchema }).length).toBeLessThan(900);
    expect(access).toBe("execute");
  });

  test.each([
    [{ command: "npm test" }, "npm test"],
    [{ command: "cd a\nmake\n", workdir: "b" }, "cd a ⏎ make (in b)"],
  ])("summary of %o", (input, wanted) => {
    expect(makeTool().summary(input)).toBe(wanted);
  });
});
