import { spawnSync } from "node:child_process";
import { beforeAll, expect, it } from "vitest";
import { BIN, checkBuilt } from "./command-run.js";
import { SampleHome } from "./sample-home.js";

beforeAll(checkBuilt);

/** Notes on stderr, as the process ends, every module of node that was loaded. */
const WATCH = `
const Module = require("node:module");
const load = Module._load;
const names = new Set();
Module._load = function (name, ...rest) { names.add(name); return load.call(this, name, ...rest); };
process.on("exit", () => require("node:fs").writeSync(2, "loaded: " + [...names].join(" ") + "\\n"));
`;

// Each of these costs a tenth of the whole run, or more.
const HEAVY = /\b(?:crypto|child_process|http|https|net|tls|dns|readline|perf_hooks|promises|zlib|module)\b/u;

it.each([["--format", "token"], ["status"], ["--version"], ["completion", "bash"]])(
  "loads nothing heavy to answer %s %s",
  (...argv) => {
    const sample = new SampleHome();
    sample.logIn(Math.floor(Date.now() / 1000) * 1000 + 36_000_000);
    const watch = sample.put("watch.cjs", WATCH);
    const { status, stderr } = spawnSync(process.execPath, ["-r", watch, BIN, ...argv], {
      cwd: sample.home,
      env: { ...sample.env, SX_CODE_CACHE: "0" },
      encoding: "utf8",
    });
    const loaded = stderr.split("\n").find((line) => line.startsWith("loaded: ")) ?? "";
    expect({ status, heavy: HEAVY.exec(loaded.replaceAll(sample.home, ""))?.[0] }).toEqual({
      status: 0,
      heavy: undefined,
    });
    expect(loaded).toContain("fs");
  },
);

it("prints a token without opening the streams of node", () => {
  const sample = new SampleHome();
  sample.logIn(Math.floor(Date.now() / 1000) * 1000 + 36_000_000);
  const watch = sample.put(
    "watch.cjs",
    `process.on("exit", () => require("node:fs").writeSync(2, process.moduleLoadList.join("\\n")));`,
  );
  const { stdout, stderr } = spawnSync(process.execPath, ["-r", watch, BIN, "--format", "token"], {
    cwd: sample.home,
    env: sample.env,
    encoding: "utf8",
  });
  expect(stdout).toMatch(/^\S+\n$/u);
  expect(stderr.split("\n")).not.toContain("NativeModule net");
  expect(stderr.split("\n")).not.toContain("NativeModule stream");
});
