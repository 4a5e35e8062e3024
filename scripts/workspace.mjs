// What `npm start`, `npm test` and `npm run check` do: bring the checkout to the state that is asked for (packages
// installed, commands built), saying so only when there is something to do, and then do it. Needs node, npm and git,
// nothing that is installed: it runs first on a fresh machine.

import { spawn } from "node:child_process";
import { constants, tmpdir, userInfo } from "node:os";
import { existsSync, readFileSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  buildIsFresh,
  buildState,
  installIsFresh,
  rememberBuild,
  rememberInstall,
  withLock,
} from "./workspace-state.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const VERBS = {
  /** `start [ARGS]`: runs sx from the folder that npm was called in; without arguments the demonstration. */
  async start(args) {
    await prepare("commands");
    const command = join(root, "packages", "sx", "dist", "bin.cjs");
    const cwd = process.env.INIT_CWD || process.cwd();
    const env = { ...withoutNpm(process.env), PWD: cwd };
    return run(process.execPath, [command, ...(args.length === 0 ? ["demo"] : args)], { cwd, env });
  },

  /** `test [ARGS]`: all tests, or those that the arguments choose (a folder, a file, `-t NAME`). */
  async test(args) {
    await prepare("all");
    return run(process.execPath, [join(root, "node_modules", "vitest", "vitest.mjs"), ...vitestArguments(args)]);
  },

  /** `build`: everything, also when nothing has changed. */
  async build() {
    await install();
    await withLock(root, () => build("all"));
    return 0;
  },

  /** `check [--no-test]`: everything that a change must pass; ends at the first thing that fails. */
  async check(args) {
    await install();
    for (const name of ["format:check", "lint", "typecheck", "build", "unused", "test"]) {
      if (name === "test" && args.includes("--no-test")) continue;
      say(`check: ${name}`);
      const code = await checkStep(name);
      if (code !== 0) {
        say(`check: ${name} failed; the others after it were not run`);
        return code;
      }
    }
    say("check: all passed");
    return 0;
  },
};

async function checkStep(name) {
  if (name === "test") return VERBS.test([]);
  if (name === "build") return VERBS.build();
  return run(manifest.scripts[name], [], { shell: true });
}

function vitestArguments(args) {
  return ["run", "--config", join(root, "vitest.workspace.ts"), ...args];
}

/** @param {"commands" | "all"} what commands alone are enough to be run; tests also look at the libraries. */
async function prepare(what) {
  await install();
  if (buildIsFresh(root, what)) return;
  await withLock(root, async () => {
    // Another call may have built it while this one waited.
    if (!buildIsFresh(root, what)) await build(what);
  });
}

async function install() {
  if (installIsFresh(root)) return;
  await withLock(root, async () => {
    if (installIsFresh(root)) return;
    const pnpm = manifest.packageManager.replace(/\+.*$/, "");
    say(`installing packages with ${pnpm}`);
    await step("the installation", ...npx([pnpm, "install", "--frozen-lockfile"]), {
      env: { ...withTools(process.env), HOME: homeFolder() },
    });
    rememberInstall(root);
  });
}

/** Libraries in order: the declarations of one are made from the built ones below it. Commands bundle sources. */
async function build(what) {
  const commands = ["sx", "config", "codex-fetchtoken", "sim"];
  const state = buildState(root);
  say(what === "commands" ? "building the commands" : "building all packages");
  const libraries = async () => {
    for (const name of what === "all" ? ["sxutil", "sxnet"] : []) await buildPackage(name);
  };
  const programs = async () => {
    for (const name of commands) await buildPackage(name);
  };
  await Promise.all([libraries(), programs()]);
  rememberBuild(root, what, state);
}

function buildPackage(name) {
  const cwd = join(root, "packages", name);
  const { scripts } = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8"));
  return step(`the build of ${name}`, scripts.build, [], { cwd, shell: true });
}

/** pnpm does not start without a home folder. */
function homeFolder() {
  if (process.env.HOME) return process.env.HOME;
  try {
    return userInfo().homedir;
  } catch {
    // A container may run under a number that no user list knows.
    return tmpdir();
  }
}

/** npx of the npm that called us, else the one on PATH: with a bare PATH there may be none. */
function npx(args) {
  const npm = process.env.npm_execpath ?? "";
  const beside = join(dirname(npm), "npx-cli.js");
  if (basename(npm) === "npm-cli.js" && existsSync(beside)) return [process.execPath, [beside, "--yes", ...args]];
  return ["npx", ["--yes", ...args]];
}

/** Runs quietly; what it printed is shown only when it fails, and then everything ends. */
async function step(what, command, args, options) {
  const printed = [];
  const code = await run(command, args, {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
    onOutput: (text) => printed.push(text),
  });
  if (code === 0) return;
  process.stderr.write(Buffer.concat(printed));
  say(`${what} failed with code ${code}`);
  process.exit(code);
}

/** Runs a program to its end, with our streams unless told otherwise. @returns its exit code, 128 + n for a signal. */
function run(
  command,
  args,
  { cwd = root, env = withTools(process.env), shell = false, stdio = "inherit", onOutput } = {},
) {
  const child = spawn(command, args, { cwd, env, shell, stdio });
  if (onOutput) for (const stream of [child.stdout, child.stderr]) stream.on("data", onOutput);
  const forward = (signal) => child.kill(signal);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, forward);
  // npm hands a signal to the shell it has started, and that dies of it without a word to us.
  const parent = process.ppid;
  const watch = setInterval(() => process.ppid === parent || forward("SIGTERM"), 500);
  return new Promise((resolve) => {
    const end = (code) => {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, forward);
      resolve(code);
    };
    child.on("error", (error) => {
      say(`cannot run ${command}: ${error.message}`);
      end(1);
    });
    child.on("close", (code, signal) => end(code ?? 128 + constants.signals[signal]));
  });
}

/** Tools that are installed here and this very node come first, whatever PATH says. */
function withTools(env) {
  const tools = [join(root, "node_modules", ".bin"), dirname(process.execPath)];
  return { ...env, PATH: [...tools, env.PATH].filter(Boolean).join(delimiter) };
}

/** The environment as it was before npm put its own things in: sx and the programs it runs shall not see them. */
function withoutNpm(env) {
  const added = (folder) => folder.endsWith("node-gyp-bin") || isOurBinFolder(folder);
  const kept = Object.entries(env).filter(([name]) => !name.startsWith("npm_") && name !== "INIT_CWD");
  const path = (env.PATH ?? "").split(delimiter).filter((folder) => !added(folder));
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) };
}

/** npm adds `node_modules/.bin` of this folder and of every folder above it. */
function isOurBinFolder(folder) {
  if (!folder.endsWith(join("node_modules", ".bin"))) return false;
  return `${root}/`.startsWith(`${dirname(dirname(folder))}/`.replace("//", "/"));
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

function requireNode(minimum) {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [wantedMajor, wantedMinor] = minimum.split(".").map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  say(`this is node ${process.versions.node}; install node ${minimum} or newer`);
  process.exit(1);
}

requireNode("20.19");
const [name = "", ...args] = process.argv.slice(2);
if (!Object.hasOwn(VERBS, name)) {
  say(`usage: node scripts/workspace.mjs ${Object.keys(VERBS).join(" | ")} [ARGS]`);
  process.exit(2);
}
process.exitCode = await VERBS[name](args);
