import { spawn } from "node:child_process";
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../shell/program-path.js";

/** What a narrowing run needs to know. */
export interface NarrowRequest {
  /** Absolute path of the program. */
  readonly program: string;
  /** Absolute path of the folder that `files` are relative to. */
  readonly root: string;
  readonly files: readonly string[];
  readonly literals: readonly string[];
  readonly ignoreCase: boolean;
  /** Larger files stay in unlooked at, so that whoever reads the files counts them. */
  readonly maxBytes: number;
  readonly timeMs: number;
  readonly signal: AbortSignal;
}

/** Bytes of file names for one run: well below what a command line may hold on any system. */
const MAX_NAME_BYTES = 96 * 1024;
/** Longest list of names that a run can answer with: as much as it was given, and some. */
const MAX_ANSWER_BYTES = 4 * MAX_NAME_BYTES;

/** The absolute path of ripgrep, never one that the workspace brings along. */
export function findRipgrep(path: string, workspace: string): Promise<string | undefined> {
  return findProgram("rg", path, workspace);
}

/**
 * The files that hold one of the literals. ripgrep only says which files are worth reading: which lines match, in
 * which order and how many is always found by `searchText`, so the answer is the same with and without it. What it
 * could not tell (an error, the time limit, a file that is too large to be searched) stays in.
 * @throws the signal's reason.
 */
export async function narrowFiles(request: NarrowRequest): Promise<readonly string[]> {
  const deadline = performance.now() + request.timeMs;
  const kept: string[] = [];
  for (const batch of inBatches(request.files)) {
    request.signal.throwIfAborted();
    const small = batch.filter((file) => isSmall(join(request.root, file), request.maxBytes));
    const timeMs = deadline - performance.now();
    const found = timeMs > 0 && small.length > 0 ? await runOnce(request, small, timeMs) : undefined;
    const dropped = new Set(found === undefined ? [] : small.filter((file) => !found.has(file)));
    kept.push(...batch.filter((file) => !dropped.has(file)));
  }
  return kept;
}

function isSmall(path: string, maxBytes: number): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && stats.isFile() && stats.size <= maxBytes;
}

function* inBatches(files: readonly string[]): Generator<readonly string[]> {
  let batch: string[] = [];
  let bytes = 0;
  for (const file of files) {
    const size = Buffer.byteLength(file) + 3;
    if (bytes + size > MAX_NAME_BYTES && batch.length > 0) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** The names that one run answers with, or `undefined` when its answer cannot be relied on. */
function runOnce(
  request: NarrowRequest,
  files: readonly string[],
  timeMs: number,
): Promise<ReadonlySet<string> | undefined> {
  const options = ["--no-config", "--files-with-matches", "--null", "--fixed-strings", "--text", "--no-mmap"];
  if (request.ignoreCase) options.push("--ignore-case");
  const words = request.literals.map((literal) => `--regexp=${literal}`);
  const names = files.map((file) => join(request.root, file));
  return new Promise((resolve, reject) => {
    const child = spawn(request.program, [...options, ...words, "--", ...names], {
      cwd: request.root,
      // Nothing of the environment changes what it finds.
      env: {},
      stdio: ["ignore", "pipe", "ignore"],
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(() => child.kill("SIGKILL"), timeMs);
    const abort = (): void => void child.kill("SIGKILL");
    request.signal.addEventListener("abort", abort, { once: true });
    const finish = (): void => {
      clearTimeout(timer);
      request.signal.removeEventListener("abort", abort);
    };
    child.stdout.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES + files.length * request.root.length) child.kill("SIGKILL");
      else chunks.push(chunk);
    });
    child.once("error", () => {
      finish();
      resolve(undefined);
    });
    child.once("close", (code) => {
      finish();
      if (request.signal.aborted) reject(request.signal.reason as Error);
      // 0: some files, 1: none; everything else is an error in at least one of them.
      else if (code !== 0 && code !== 1) resolve(undefined);
      else resolve(readNames(Buffer.concat(chunks), request.root));
    });
  });
}

function readNames(output: Buffer, root: string): ReadonlySet<string> {
  const prefix = root.endsWith("/") ? root.length : root.length + 1;
  const names = output.toString("utf8").split("\0");
  return new Set(names.filter((name) => name !== "").map((name) => name.slice(prefix)));
}
