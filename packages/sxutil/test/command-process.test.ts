import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleScript } from "./bundled-script.js";

let folder: string;
let bin: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sx-process-"));
  bin = await bundleScript("start-command", join(folder, "bin"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Makes a command whose `main(argv, io)` has this body, and returns the path of its bin. */
async function command(body: string): Promise<string> {
  const home = await mkdtemp(join(folder, "command-"));
  const path = join(home, "start-command.cjs");
  // It looks for main.cjs beside itself.
  await copyFile(bin, path);
  await writeFile(join(home, "main.cjs"), `exports.main = async (argv, io) => {\n${body}\n};\n`);
  return path;
}

interface Start {
  readonly args?: readonly string[];
  readonly env?: Record<string, string>;
}

function start(path: string, { args = [], env = {} }: Start = {}): ChildProcess {
  return spawn(process.execPath, [path, ...args], { env: surroundings(env), stdio: ["ignore", "pipe", "pipe"] });
}

function surroundings(env: Record<string, string>): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], HOME: folder, SX_CODE_CACHE: "0", ...env };
}

async function ended(child: ChildProcess): Promise<Ended> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => err.push(chunk));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

async function run(body: string, options: Start = {}): Promise<Ended> {
  return ended(start(await command(body), options));
}

/** Runs a line of shell in which `$BIN` is the command. */
async function shell(line: string, body: string): Promise<Ended> {
  const path = await command(body);
  const env = surroundings({ BIN: `${process.execPath} ${path}`, FOLDER: folder });
  return ended(spawn("bash", ["-c", line], { env, stdio: ["ignore", "pipe", "pipe"] }));
}

const FAILURE = `throw Object.assign(new Error("no such profile; choose another"), { code: "profile", exitCode: 52 });`;
/** Says that it runs, and how it was asked to end. */
const WAITS = `
  const work = setInterval(() => {}, 1e6);
  io.stdout.write("ready\\n");
  await new Promise((resolve) => io.signal.addEventListener("abort", resolve, { once: true }));
  clearInterval(work);
  io.stdout.write("cleaned up after " + io.signal.reason.signal + "\\n");
`;

describe("startCommand: an end of its own", () => {
  const rows: readonly [name: string, body: string, expected: Ended][] = [
    ["the code of main", "return 7;", { code: 7, stdout: "", stderr: "" }],
    ["the arguments", "io.stdout.write(argv.join()); return 0;", { code: 0, stdout: "a,-b,--c=d", stderr: "" }],
    [
      "a failure is one line and its code",
      FAILURE,
      { code: 52, stdout: "", stderr: "probe: no such profile; choose another\n" },
    ],
    [
      "a failure keeps what was printed",
      `io.stdout.write("half");${FAILURE}`,
      { code: 52, stdout: "half", stderr: "probe: no such profile; choose another\n" },
    ],
    [
      "control characters of a message are shown, not sent",
      `throw Object.assign(new Error("bad \\x1b[2Jfile"), { code: "x", exitCode: 42 });`,
      { code: 42, stdout: "", stderr: "probe: bad \\u001b[2Jfile\n" },
    ],
    [
      "an unexpected error is a bug",
      `null.x;`,
      {
        code: 1,
        stdout: "",
        stderr:
          "probe: unexpected error: TypeError: Cannot read properties of null (reading 'x'); this is a bug in probe, SX_DEBUG=1 shows where\n",
      },
    ],
    [
      "a thrown object",
      `throw { accessToken: "hunter2" };`,
      {
        code: 1,
        stdout: "",
        stderr: "probe: unexpected error: a thrown object; this is a bug in probe, SX_DEBUG=1 shows where\n",
      },
    ],
    [
      "a promise that nothing will settle is not success",
      `await new Promise(() => {});`,
      {
        code: 1,
        stdout: "",
        stderr:
          "probe: unexpected error: Error: the work stopped before its end; this is a bug in probe, SX_DEBUG=1 shows where\n",
      },
    ],
    [
      "a forgotten timer does not keep the process",
      `setInterval(() => {}, 1e6); return 5;`,
      { code: 5, stdout: "", stderr: "" },
    ],
    [
      "a forgotten server does not keep the process",
      `require("node:net").createServer().listen(0, "127.0.0.1"); return 5;`,
      { code: 5, stdout: "", stderr: "" },
    ],
    ["reading stdin does not keep the process", `io.stdin.resume(); return 5;`, { code: 5, stdout: "", stderr: "" }],
  ];
  it.concurrent.each(rows)("%s", async (_name, body, expected) => {
    expect(await run(body, { args: ["a", "-b", "--c=d"] })).toEqual(expected);
  });

  it("hands in the surroundings as they were", async () => {
    const body = `io.stdout.write(JSON.stringify([io.cwd, io.home, io.env.MINE, io.stdout.isTTY === true])); return 0;`;
    const { stdout } = await run(body, { env: { MINE: "yes" } });
    expect(JSON.parse(stdout)).toEqual([process.cwd(), folder, "yes", false]);
  });

  it.each(["", "not/absolute"])("finds a home folder when HOME is %j", async (HOME) => {
    const { code, stdout } = await run(`io.stdout.write(io.home); return 0;`, { env: { HOME } });
    expect([code, stdout.startsWith("/")]).toEqual([0, true]);
  });

  it("shows the stack and the causes with SX_DEBUG=1", async () => {
    const { code, stderr } = await run(`throw new Error("outer", { cause: new Error("inner") });`, {
      env: { SX_DEBUG: "1" },
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^probe: unexpected error: Error: outer\nprobe: Error: outer\n(.*\n)+probe: caused by Error: inner\n/,
    );
    expect(stderr).toContain("main.cjs:2");
  });

  it("says in one line that the program is missing", async () => {
    const path = await command("return 0;");
    await rm(join(path, "..", "main.cjs"));
    const { code, stderr } = await ended(start(path));
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^probe: cannot load the program: .*main\.cjs.*; install it again\n$/),
    ]);
  });

  it("says in one line that the current folder is gone", async () => {
    const { code, stderr } = await shell(
      `mkdir "$FOLDER/gone" && cd "$FOLDER/gone" && rmdir "$FOLDER/gone" && exec $BIN`,
      "return 0;",
    );
    expect([code, stderr]).toEqual([
      42,
      "probe: the current folder does not exist any more; change to one that does\n",
    ]);
  });
});

describe("startCommand: a crash beside main", () => {
  it.concurrent.each([
    ["an uncaught exception", `setTimeout(() => { throw new Error("in a timer"); }, 1);`],
    ["an unhandled rejection", `void Promise.reject(new Error("in a timer"));`],
  ])("%s is one line, and main may still clean up", async (_name, crash) => {
    expect(await run(`${crash}${WAITS} return 0;`)).toEqual({
      code: 1,
      stdout: "ready\ncleaned up after SIGABRT\n",
      stderr: "probe: unexpected error: Error: in a timer; this is a bug in probe, SX_DEBUG=1 shows where\n",
    });
  });

  it.concurrent("a rejection with no error is one line as well", async () => {
    const { code, stderr } = await run(`void Promise.reject({ accessToken: "hunter2" });${WAITS} return 0;`);
    const line = "probe: unexpected error: a thrown object; this is a bug in probe, SX_DEBUG=1 shows where\n";
    expect([code, stderr]).toEqual([1, line]);
  });

  it.concurrent("ends although main goes on", async () => {
    const { code } = await run(
      `setTimeout(() => { throw new Error("x"); }, 1); setInterval(() => {}, 1e6); await new Promise(() => {});`,
    );
    expect(code).toBe(1);
  });
});

describe("startCommand: output", () => {
  it("is written to its last byte for a slow reader", async () => {
    const child = start(
      await command(
        `for (let i = 0; i < 80; i++) io.stdout.write("x".repeat(99_999) + "\\n"); io.stderr.write("e".repeat(300_000)); return 3;`,
      ),
    );
    // Nothing is read before main must have returned: the pipe takes no more than its own size of the eight megabytes.
    const [first] = (await once(child.stdout!, "readable").then(() => [child.stdout!.read(1)])) as [Buffer];
    let bytes = first.length;
    let errorBytes = 0;
    child.stderr!.on("data", (chunk: Buffer) => (errorBytes += chunk.length));
    child.stdout!.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      child.stdout!.pause();
      setImmediate(() => child.stdout!.resume());
    });
    const [code] = (await once(child, "close")) as [number];
    expect([code, bytes, errorBytes]).toEqual([3, 8_000_000, 300_000]);
  });

  it.each([
    [
      "that main still writes",
      `for (;;) { if (io.signal.aborted) return 130; io.stdout.write("line\\n".repeat(1000)); await new Promise(setImmediate); }`,
    ],
    [
      "while main waits for the pipe",
      `for (;;) if (!io.stdout.write("line\\n".repeat(1000))) await new Promise((resolve) => io.stdout.once("drain", resolve));`,
    ],
    [
      "while main waits for other things",
      `io.stdout.write("line\\n".repeat(100_000)); await new Promise((resolve) => { setInterval(() => {}, 1e6); io.signal.addEventListener("abort", resolve); }); return 130;`,
    ],
  ])("ends quietly when its reader has gone, %s", async (_name, body) => {
    const { stdout, stderr } = await shell(`$BIN | head -n 1; echo "\${PIPESTATUS[0]}"`, body);
    expect([stdout, stderr]).toEqual(["line\n0\n", ""]);
  });

  it("keeps the code of a main that was done before its reader had gone", async () => {
    const { stdout, stderr } = await shell(
      `$BIN | head -n 1; echo "\${PIPESTATUS[0]}"`,
      `io.stdout.write("line\\n".repeat(100_000)); return 54;`,
    );
    expect([stdout, stderr]).toEqual(["line\n54\n", ""]);
  });

  it.runIf(process.platform === "linux").each([
    ["then waits", `io.stdout.write("a"); ${WAITS}`],
    ["then returns", `io.stdout.write("a"); return 0;`],
    ["then returns in the same turn", `await new Promise(setImmediate); io.stdout.write("a"); return 0;`],
  ])("on a full disk is one line and code 1 when main writes and %s", async (_name, body) => {
    const { code, stderr } = await shell(`exec $BIN > /dev/full`, body);
    expect([code, stderr]).toEqual([
      1,
      "probe: cannot write to stdout: ENOSPC: no space left on device, write; the output is incomplete\n",
    ]);
  });

  it.runIf(process.platform === "linux")("on a full disk is one line and code 1 also past the stream", async () => {
    const { code, stderr } = await shell(`exec $BIN > /dev/full`, `io.writeOut("a"); return 0;`);
    expect([code, stderr]).toEqual([
      1,
      "probe: cannot write to stdout: ENOSPC: no space left on device, write; the output is incomplete\n",
    ]);
  });

  it("past the stream comes whole and in order, to a pipe that is full and to one without a reader", async () => {
    const lines = `for (let n = 0; n < 40_000; n += 1) io.writeOut(n + "\\n"); io.stdout.write("end"); return 0;`;
    const slow = await shell(`$BIN | (sleep 0.2; cat)`, lines);
    expect(slow.code).toBe(0);
    expect(slow.stdout).toBe(`${Array.from({ length: 40_000 }, (_, n) => `${n}\n`).join("")}end`);
    const gone = await shell(
      `$BIN | true; echo "code \${PIPESTATUS[0]}"`,
      `await new Promise((resolve) => setTimeout(resolve, 200)); io.writeOut("a"); return 0;`,
    );
    expect([gone.stdout, gone.stderr]).toEqual(["code 0\n", ""]);
  });

  it.runIf(process.platform === "linux")("is not lost because the log cannot be written", async () => {
    const { code, stdout } = await shell(
      `exec $BIN 2> /dev/full`,
      `io.stderr.write("log"); await new Promise(setImmediate); io.stdout.write("answer"); return 0;`,
    );
    expect([code, stdout]).toEqual([0, "answer"]);
  });
});

describe("startCommand: signals", () => {
  const UNHURRIED = { env: { SIGNAL_MS: "1000000" } };

  async function ready(body: string, how: Start = {}): Promise<{ child: ChildProcess; end: Promise<Ended> }> {
    const child = start(await command(body), how);
    const end = ended(child);
    await once(child.stdout!, "data");
    return { child, end };
  }

  it.concurrent.each([
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s lets main clean up and is code %i", async (signal, code) => {
    const { child, end } = await ready(`${WAITS} return 0;`);
    child.kill(signal);
    expect(await end).toEqual({ code, stdout: `ready\ncleaned up after ${signal}\n`, stderr: "" });
  });

  it.concurrent("is quiet when main throws the reason on", async () => {
    const { child, end } = await ready(`${WAITS} throw io.signal.reason;`);
    child.kill("SIGTERM");
    expect(await end).toEqual({ code: 143, stdout: "ready\ncleaned up after SIGTERM\n", stderr: "" });
  });

  it.concurrent.each([
    ["quiet about what breaks because of it", `throw new Error("socket hang up");`, ""],
    [
      "quiet about what breaks beside main",
      `setTimeout(() => { throw new Error("x"); }); await new Promise((resolve) => setTimeout(resolve, 50)); return 0;`,
      "",
    ],
    ["not quiet about a failure", FAILURE, "probe: no such profile; choose another\n"],
  ])("is %s", async (_name, after, stderr) => {
    const { child, end } = await ready(`${WAITS} ${after}`);
    child.kill("SIGTERM");
    expect(await end).toEqual({ code: 143, stdout: "ready\ncleaned up after SIGTERM\n", stderr });
  });

  it.concurrent("ends a main that does not listen", async () => {
    const { child, end } = await ready(
      `io.stdout.write("ready"); setInterval(() => {}, 1e6); await new Promise(() => {});`,
    );
    child.kill("SIGTERM");
    expect((await end).code).toBe(143);
  });

  it.concurrent("takes the same Ctrl-C from terminal and parent for one", async () => {
    const again = `io.signal.addEventListener("abort", () => process.kill(process.pid, "SIGINT"));`;
    const wait = `await new Promise((resolve) => setTimeout(resolve, 50));`;
    const { child, end } = await ready(`${again} ${WAITS} ${wait} io.stdout.write("done"); return 0;`);
    child.kill("SIGINT");
    expect(await end).toEqual({ code: 130, stdout: "ready\ncleaned up after SIGINT\ndone", stderr: "" });
  });

  it.concurrent("ends at once at a second Ctrl-C", async () => {
    const again = `io.signal.addEventListener("abort", () => setTimeout(() => process.kill(process.pid, "SIGINT"), 350));`;
    const { child, end } = await ready(
      `${again} ${WAITS} await new Promise(() => setInterval(() => {}, 1e6));`,
      UNHURRIED,
    );
    child.kill("SIGINT");
    expect(await end).toEqual({ code: 130, stdout: "ready\ncleaned up after SIGINT\n", stderr: "" });
  });

  it.concurrent("ends at once when main is done but its output is not taken", async () => {
    const body = `io.stdout.write("x".repeat(8_000_000)); setTimeout(() => process.kill(process.pid, "SIGTERM"), 20); return 0;`;
    const child = start(await command(body), UNHURRIED);
    const [code] = (await once(child, "exit")) as [number];
    expect(code).toBe(143);
    child.stdout?.destroy();
  });
});

describe("startCommand: the code cache", () => {
  it("is left by the first run, and can be turned off", async () => {
    const path = await command("return 0;");
    const main = join(path, "..", "main.cjs");
    await writeFile(main, `${await readFile(main, "utf8")}//build 0123456789abcdef\n`);
    const cache = join(path, "..", "cache");
    await mkdir(cache);
    await ended(start(path, { env: { XDG_CACHE_HOME: cache } }));
    expect(await readdir(cache)).toEqual([]);
    await ended(start(path, { env: { XDG_CACHE_HOME: cache, SX_CODE_CACHE: "" } }));
    expect(await readdir(join(cache, "scorpiox", "code"))).toEqual([
      expect.stringMatching(/^probe-v.*-0123456789abcdef\.bin$/),
    ]);
  });

  it("has an entry of its own for each part, which is loaded once and by no run that does not need it", async () => {
    const path = await command(
      `if (argv[0] === "--plain") return 0;
       const [first, second] = [require("./extra.part.cjs"), require("./extra.part.cjs")];
       return first === second ? first.code : 1;`,
    );
    const folderOf = join(path, "..");
    const main = join(folderOf, "main.cjs");
    // As in a bundle: what the file requires goes through what it was given.
    await writeFile(main, `${await readFile(main, "utf8")}//build 0123456789abcdef\n`);
    await writeFile(join(folderOf, "extra.part.cjs"), "exports.code = 7;\n//build fedcba9876543210\n");
    const cache = join(folderOf, "cache");
    await mkdir(cache);
    const env = { XDG_CACHE_HOME: cache, SX_CODE_CACHE: "" };
    const entries = async (): Promise<readonly string[]> => (await readdir(join(cache, "scorpiox", "code"))).sort();
    expect((await ended(start(path, { args: ["--plain"], env }))).code).toBe(0);
    expect(await entries()).toEqual([expect.stringMatching(/^probe-v.*-0123456789abcdef\.bin$/)]);
    for (let round = 0; round < 2; round += 1) expect((await ended(start(path, { env }))).code).toBe(7);
    expect(await entries()).toEqual([
      expect.stringMatching(/^probe-extra-v.*-fedcba9876543210\.bin$/),
      expect.stringMatching(/^probe-v.*-0123456789abcdef\.bin$/),
    ]);
  });
});

describe("startCommand: the terminal", () => {
  const RESTORE = `io.terminal.restoreWith("<restored>");`;

  it.each([
    ["a return", `${RESTORE} return 3;`, 3],
    ["a failure", `${RESTORE} ${FAILURE}`, 52],
    [
      "an uncaught error",
      `${RESTORE} setTimeout(() => null.x, 1); await new Promise((r) => setTimeout(r, 1e6).unref?.());`,
      1,
    ],
    ["a forgotten promise", `${RESTORE} await new Promise(() => {});`, 1],
  ])("is put right after %s", async (_name, body, code) => {
    const end = await run(body);
    expect(end.code).toBe(code);
    expect(end.stdout).toBe("<restored>");
  });

  it.each(["SIGTERM", "SIGHUP", "SIGINT"] as const)("is put right after %s", async (signal) => {
    const child = start(await command(`${RESTORE} ${WAITS} return 0;`));
    const end = ended(child);
    await once(child.stdout ?? child, "data");
    child.kill(signal);
    expect((await end).stdout).toBe(`ready\ncleaned up after ${signal}\n<restored>`);
  });

  it("is left alone once the program has put it right itself", async () => {
    expect((await run(`${RESTORE} io.terminal.restoreWith(undefined); return 0;`)).stdout).toBe("");
  });
});
