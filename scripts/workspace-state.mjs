// Whether packages are installed and commands built, told from the files themselves and from small notes in
// node_modules/.cache: cheap enough to ask at every start.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const LOCKFILE = "pnpm-lock.yaml";
const notes = (root) => join(root, "node_modules", ".cache", "workspace");

/** True when what is installed is what the lockfile asks for, whoever installed it. */
export function installIsFresh(root) {
  const wanted = read(join(root, LOCKFILE));
  // pnpm leaves a copy of the lockfile it has installed, as the last thing it does.
  const installed = read(join(root, "node_modules", ".pnpm", "lock.yaml"));
  if (installed === undefined || !packages(root).every(({ hasModules }) => hasModules)) return false;
  return installed === wanted || read(join(notes(root), "installed")) === hash(wanted ?? "");
}

export function rememberInstall(root) {
  write(root, "installed", hash(read(join(root, LOCKFILE)) ?? ""));
}

/** True when `what` was built and no file that goes into a build has been touched, added or removed since. */
export function buildIsFresh(root, what) {
  const state = buildState(root);
  const built = read(join(notes(root), "built-all")) === state || read(join(notes(root), `built-${what}`)) === state;
  return (
    built &&
    packages(root).every(({ commands, libraries }) => {
      return commands.every(existsSync) && (what === "commands" || libraries.every(existsSync));
    })
  );
}

/** @param {string} state what `buildState` said before the build: files may have changed while it ran. */
export function rememberBuild(root, what, state) {
  write(root, `built-${what}`, state);
}

/**
 * Runs `work` while no other call of this script in the same checkout works on installation or build. A lock whose
 * process is gone is taken over.
 */
export async function withLock(root, work) {
  const lock = join(notes(root), "lock");
  mkdirSync(notes(root), { recursive: true });
  for (let waited = false; !tryLock(lock); waited = true) {
    if (!waited) process.stderr.write("waiting for another installation or build in this folder\n");
    if (isAbandoned(lock)) rmSync(lock, { force: true });
    else await delay(100);
  }
  // A failing step ends the process in the middle of its work.
  const release = () => rmSync(lock, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

function tryLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** Its process is gone, or was killed before it could write its number, or took longer than any build does. */
function isAbandoned(lock) {
  const ageMs = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  const pid = Number(read(lock));
  if (!Number.isInteger(pid) || pid <= 0) return ageMs > 10_000;
  if (ageMs > 15 * 60_000) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

function packages(root) {
  return readdirSync(join(root, "packages")).map((name) => {
    const folder = join(root, "packages", name);
    const { bin, exports } = JSON.parse(read(join(folder, "package.json")) ?? "{}");
    const outputs = (names) => names.map((output) => join(folder, "dist", output));
    return {
      hasModules: existsSync(join(folder, "node_modules")),
      commands: bin === undefined ? [] : outputs(["bin.cjs", "main.cjs"]),
      libraries: exports === undefined ? [] : outputs(["index.js"]),
    };
  });
}

/** Name, size and time of every file that a build reads, as one short text. */
export function buildState(root) {
  const lines = [];
  const add = (path) => {
    const { size, mtimeMs } = statSync(path);
    lines.push(`${path.slice(root.length)} ${size} ${mtimeMs}`);
  };
  for (const name of ["package.json", LOCKFILE, "tsconfig.base.json", "tsup.command.ts"]) add(join(root, name));
  for (const name of readdirSync(join(root, "packages"))) {
    const folder = join(root, "packages", name);
    for (const entry of readdirSync(folder)) {
      if (/^(package|tsconfig.*)\.json$|^tsup\.config\.ts$/.test(entry)) add(join(folder, entry));
    }
    // A package of tests alone has none.
    if (!existsSync(join(folder, "src"))) continue;
    for (const entry of readdirSync(join(folder, "src"), { withFileTypes: true, recursive: true })) {
      if (entry.isFile()) add(join(entry.parentPath ?? entry.path, entry.name));
    }
  }
  return hash(lines.sort((a, b) => (a < b ? -1 : 1)).join("\n"));
}

function hash(text) {
  return createHash("sha256").update(text).digest("hex");
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  }
}

function write(root, name, text) {
  mkdirSync(notes(root), { recursive: true });
  writeFileSync(join(notes(root), name), text);
}
