import { execFile, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { BIN, linesOf, makePlace, openSim, spawnSx } from "./harness.js";

/** Runs a shell line in which `sx` is the built command. */
async function shell(
  line: string,
  place: { home: string; project: string },
  env: Readonly<Record<string, string>>,
): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)("/bin/bash", ["-c", `set -o pipefail; sx() { "$NODE" "$BIN" "$@"; }; ${line}`], {
    cwd: place.project,
    env: { PATH: process.env["PATH"], HOME: place.home, NODE: process.execPath, BIN, ...env },
  });
}

describe("readers that go away", () => {
  const long = { turns: [{ reply: [{ text: "line of text\n".repeat(5000) }], deltas: 200 }] };

  test("| head -1 ends quietly", async () => {
    const place = await makePlace();
    const sim = await openSim(long);
    const { stdout, stderr } = await shell(
      "sx -p q --json --include-deltas | head -1; echo code ${PIPESTATUS[0]}",
      place,
      sim.env,
    );
    expect(stdout.split("\n")).toHaveLength(3);
    expect(stdout).toContain('"type":"init"');
    expect(stdout).toContain("code 0");
    expect(stderr).toBe("");
  });

  test.runIf(existsSync("/dev/full"))("a full disk is one line on stderr and exit 1", async () => {
    const place = await makePlace();
    const sim = await openSim(long);
    const { stdout, stderr } = await shell("sx -p q > /dev/full; echo code $?", place, sim.env);
    expect(stdout).toBe("code 1\n");
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toContain("cannot write to stdout");
  });

  test("a closed stdout is no stack trace", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [{ reply: [{ text: "x" }] }] });
    const { stderr } = await shell("sx -p q >&-; true", place, sim.env);
    expect(stderr).not.toContain("    at ");
  });
});

describe("a process of its own", () => {
  test("reads, edits and runs in a real git repository", async () => {
    const place = await makePlace();
    await shell(
      "git init -q -b topic && printf 'one\\ntwo\\n' > list.txt && git add . && git -c user.name=a -c user.email=a@b commit -qm start",
      place,
      {},
    );
    const sim = await openSim({
      turns: [
        {
          expect: { system: { contains: "Git branch: topic" } },
          reply: [{ tool_use: { name: "read", input: { path: "list.txt" } } }],
        },
        {
          expect: { toolResults: [{ contains: "two" }] },
          reply: [
            {
              tool_use: {
                name: "edit",
                input: { path: "list.txt", edits: [{ old_string: "two", new_string: "three" }] },
              },
            },
          ],
        },
        {
          expect: { toolResults: [{ contains: "three" }] },
          reply: [{ tool_use: { name: "bash", input: { command: "git diff --stat" } } }],
        },
        { expect: { toolResults: [{ contains: "list.txt" }] }, reply: [{ text: "Changed." }] },
      ],
    });
    const outcome = await spawnSx(["-p", "change it", "--approval-mode", "all"], { place, env: sim.env });
    expect(outcome).toEqual({ code: 0, stdout: "Changed.\n", stderr: "" });
    expect(sim.violations).toEqual([]);
    expect((await shell("cat list.txt", place, {})).stdout).toBe("one\nthree\n");
  });

  test.each([
    { signal: "SIGINT" as const, code: 130 },
    { signal: "SIGTERM" as const, code: 143 },
  ])(
    "$signal while a tool runs: the tool is ended, the result says cancelled, exit $code",
    async ({ signal, code }) => {
      const place = await makePlace();
      const sim = await openSim({
        turns: [{ reply: [{ tool_use: { name: "bash", input: { command: "echo $$ > pid; sleep 300" } } }] }],
      });
      const child = spawn(process.execPath, [BIN, "-p", "q", "--json", "--approval-mode", "all"], {
        cwd: place.project,
        env: { PATH: process.env["PATH"], HOME: place.home, ...sim.env },
        stdio: ["ignore", "pipe", "inherit"],
      });
      let stdout = "";
      child.stdout.on("data", (chunk: Buffer) => {
        stdout += chunk.toString();
      });
      const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
      const pidFile = join(place.project, "pid");
      const { readFile } = await import("node:fs/promises");
      let pid = "";
      while (pid === "") pid = await readFile(pidFile, "utf8").catch(() => "");
      child.kill(signal);
      expect(await ended).toBe(code);
      expect(linesOf(stdout).at(-1)).toMatchObject({ type: "result", status: "cancelled", exit_code: code });
      expect(() => process.kill(Number(pid), 0)).toThrow("ESRCH");
    },
  );

  test("the demo mends its project in an empty home", async () => {
    const place = await makePlace();
    const outcome = await spawnSx(["demo"], { place });
    expect(outcome.stderr).toBe("");
    expect(outcome.stdout).toContain("the model is a script");
    expect(outcome.stdout).toContain("✓ the project's tests pass");
    expect(outcome.code).toBe(0);
  });

  test("a hundred calls at once warn about nothing", async () => {
    const place = await makePlace();
    const calls = Array.from({ length: 100 }, () => ({ tool_use: { name: "grep", input: { pattern: "x" } } }));
    const sim = await openSim({ turns: [{ reply: calls }, { reply: [{ text: "ok" }] }] });
    expect(await spawnSx(["-p", "q"], { place, env: sim.env })).toEqual({ code: 0, stdout: "ok\n", stderr: "" });
  });

  test("the demo without a temporary folder says what to set", async () => {
    const place = await makePlace();
    const outcome = await spawnSx(["demo"], { place, env: { TMPDIR: join(place.home, "none") } });
    expect(outcome.code).toBe(42);
    expect(outcome.stderr).toContain("set TMPDIR");
  });

  test("--version and --help need nothing", async () => {
    const place = await makePlace();
    expect(await spawnSx(["--version"], { place })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^sx \d+\.\d+\.\d+\n$/) as string,
    });
    const help = await spawnSx(["--help"], { place });
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const word of ["--approval-mode", "--output-format", "sx demo"]) expect(help.stdout).toContain(word);
  });

  test("a usage error is one line and exit 2", async () => {
    const place = await makePlace();
    const outcome = await spawnSx(["--modle", "x"], { place });
    expect(outcome.code).toBe(2);
    expect(outcome.stdout).toBe("");
    expect(outcome.stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  test("no secret reaches stdout, stderr or a tool", async () => {
    const place = await makePlace();
    const secret = "sk-test-0123456789abcdef";
    const sim = await openSim({
      turns: [
        {
          reply: [
            {
              tool_use: {
                name: "bash",
                input: { command: "env; cat /proc/$PPID/environ 2>/dev/null | tr '\\0' '\\n' | grep -c KEY" },
              },
            },
          ],
        },
        { reply: [{ text: `the key is ${secret}` }] },
      ],
    });
    const env = { ...sim.env, OPENAI_API_KEY: secret };
    const outcome = await spawnSx(["-p", "q", "--json", "--approval-mode", "all"], { place, env });
    expect(outcome.stdout + outcome.stderr).not.toContain(secret);
    expect(sim.requests[1]?.toolResults[0]?.text).not.toContain(secret);
  });

  test("leaves nothing in the temporary folder", async () => {
    const place = await makePlace();
    const temp = join(place.home, "tmp");
    await shell(`mkdir ${temp}`, place, {});
    const sim = await openSim({
      turns: [
        { reply: [{ tool_use: { name: "bash", input: { command: "seq 1 100000" } } }] },
        { reply: [{ text: "ok" }] },
      ],
    });
    const outcome = await spawnSx(["-p", "q", "--approval-mode", "all"], { place, env: { ...sim.env, TMPDIR: temp } });
    expect(outcome.code).toBe(0);
    expect(readdirSync(temp)).toEqual([]);
  });
});
