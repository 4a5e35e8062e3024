import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  buildIsFresh,
  buildState,
  installIsFresh,
  rememberBuild,
  rememberInstall,
  withLock,
} from "../workspace-state.mjs";

const scripts = fileURLToPath(new URL("..", import.meta.url));
let root;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "sx work tree ")));
  write("pnpm-lock.yaml", "lockfileVersion: '9.0'\n");
  write("node_modules/.pnpm/lock.yaml", "lockfileVersion: '9.0'\n");
  write("package.json", JSON.stringify({ packageManager: "pnpm@10.34.9+sha512.00", scripts: {} }));
  write("tsconfig.base.json", "{}");
  write("tsup.command.ts", "");
  write("packages/sx/package.json", JSON.stringify({ bin: { sx: "./dist/bin.cjs" } }));
  write("packages/sx/src/main.ts", "one");
  write("packages/sx/dist/main.cjs", "");
  write(
    "packages/sx/dist/bin.cjs",
    `console.log(JSON.stringify([process.argv.slice(2), process.cwd(), process.env]));`,
  );
  write("packages/sxnet/package.json", JSON.stringify({ exports: {} }));
  write("packages/sxnet/src/index.ts", "");
  for (const name of ["sx", "sxnet"]) mkdirSync(join(root, "packages", name, "node_modules"));
  for (const name of ["workspace.mjs", "workspace-state.mjs"]) {
    mkdirSync(join(root, "scripts"), { recursive: true });
    copyFileSync(join(scripts, name), join(root, "scripts", name));
  }
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(path, text) {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function workspace(args, env = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "scripts", "workspace.mjs"), ...args], {
    env: { PATH: process.env.PATH, HOME: root, ...env },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

describe("installIsFresh", () => {
  it.each([
    ["what the lockfile asks for is there", () => {}, true],
    ["the lockfile has changed", () => write("pnpm-lock.yaml", "other"), false],
    ["nothing was ever installed", () => rmSync(join(root, "node_modules"), { recursive: true }), false],
    ["a package is new", () => write("packages/sim/package.json", "{}"), false],
    [
      "another pnpm writes its copy differently",
      () => {
        write("pnpm-lock.yaml", "other");
        rememberInstall(root);
      },
      true,
    ],
    [
      "the lockfile changed after our own",
      () => {
        rememberInstall(root);
        write("pnpm-lock.yaml", "other");
      },
      false,
    ],
  ])("when %s", (_name, change, expected) => {
    change();
    expect(installIsFresh(root)).toBe(expected);
  });
});

describe("buildIsFresh", () => {
  const touch = (path) => utimesSync(join(root, path), 1, 1);
  it.each([
    ["nothing has changed", () => {}, true],
    ["a source was touched", () => touch("packages/sx/src/main.ts"), false],
    ["a source of another package was touched", () => touch("packages/sxnet/src/index.ts"), false],
    ["a source is new", () => write("packages/sx/src/deep/new.ts", ""), false],
    ["a source is gone", () => rmSync(join(root, "packages/sx/src/main.ts")), false],
    ["the lockfile has changed", () => write("pnpm-lock.yaml", "other"), false],
    ["an output is gone", () => rmSync(join(root, "packages/sx/dist/main.cjs")), false],
    ["a test was touched", () => write("packages/sx/test/main.test.ts", ""), true],
  ])("when %s", (_name, change, expected) => {
    rememberBuild(root, "commands", buildState(root));
    change();
    expect(buildIsFresh(root, "commands")).toBe(expected);
  });

  it("knows packages that hold nothing but tests", () => {
    write("packages/conformance/package.json", "{}");
    write("packages/conformance/test/one.test.ts", "");
    const before = buildState(root);
    write("packages/conformance/test/one.test.ts", "changed");
    expect(buildState(root)).toBe(before);
  });

  it("takes everything for the commands, but not the commands for everything", () => {
    write("packages/sxnet/dist/index.js", "");
    rememberBuild(root, "commands", buildState(root));
    expect([buildIsFresh(root, "commands"), buildIsFresh(root, "all")]).toEqual([true, false]);
    rememberBuild(root, "all", buildState(root));
    rmSync(join(root, "node_modules/.cache/workspace/built-commands"));
    expect([buildIsFresh(root, "commands"), buildIsFresh(root, "all")]).toEqual([true, true]);
  });
});

describe("withLock", () => {
  it("lets one after the other in, also after a failure", async () => {
    const seen = [];
    const work = (name) => async () => {
      seen.push(`${name} in`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen.push(`${name} out`);
      throw new Error(name);
    };
    const ends = await Promise.allSettled([withLock(root, work("a")), withLock(root, work("b"))]);
    expect(ends.map(({ reason }) => reason.message)).toEqual(["a", "b"]);
    expect(seen).toEqual(["a in", "a out", "b in", "b out"]);
  });

  it("takes over from a process that is gone", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    write("node_modules/.cache/workspace/lock", String(child.pid));
    expect(await withLock(root, async () => "mine")).toBe("mine");
  });

  it("takes over from a process that was killed before it could say who it is", async () => {
    write("node_modules/.cache/workspace/lock", "");
    utimesSync(join(root, "node_modules/.cache/workspace/lock"), 1, 1);
    expect(await withLock(root, async () => "mine")).toBe("mine");
  });
});

describe("workspace.mjs", () => {
  it("starts sx quietly from the caller's folder, without npm's additions", () => {
    rememberBuild(root, "commands", buildState(root));
    const bin = join(root, "node_modules", ".bin");
    const npm = {
      INIT_CWD: tmpdir(),
      npm_lifecycle_event: "start",
      PATH: `${bin}:/node_modules/.bin:/usr/bin:/bin`,
      MINE: "yes",
    };
    const { status, stdout, stderr } = workspace(["start", "a b", "--c"], npm);
    const [args, cwd, env] = JSON.parse(stdout);
    expect([status, stderr, args, cwd]).toEqual([0, "", ["a b", "--c"], realpathSync(tmpdir())]);
    expect([env.INIT_CWD, env.npm_lifecycle_event, env.PATH, env.MINE]).toEqual([
      undefined,
      undefined,
      "/usr/bin:/bin",
      "yes",
    ]);
  });

  it("starts the demonstration when nothing is asked for", () => {
    rememberBuild(root, "commands", buildState(root));
    expect(JSON.parse(workspace(["start"]).stdout)[0]).toEqual(["demo"]);
  });

  it.each([
    ["process.exit(53)", 53],
    ["process.kill(process.pid, 'SIGTERM')", 143],
  ])("hands on how %s ends", (text, expected) => {
    write("packages/sx/dist/bin.cjs", text);
    rememberBuild(root, "commands", buildState(root));
    expect(workspace(["start"]).status).toBe(expected);
  });

  it("names the check that fails and runs none after it", () => {
    const text = { "format:check": "exit 0", lint: "echo looked at; exit 3", typecheck: "echo never" };
    write("package.json", JSON.stringify({ packageManager: "pnpm@10.34.9", scripts: text }));
    const { status, stdout, stderr } = workspace(["check"]);
    expect([status, stdout]).toEqual([3, "looked at\n"]);
    expect(stderr).toBe("check: format:check\ncheck: lint\ncheck: lint failed; the others after it were not run\n");
  });

  it.each([[[]], [["constructor"]], [["strat"]]])("refuses %j", (args) => {
    const { status, stderr } = workspace(args);
    expect([status, stderr]).toEqual([2, "usage: node scripts/workspace.mjs start | test | build | check [ARGS]\n"]);
  });
});
