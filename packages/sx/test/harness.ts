import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { type Script, type Sim, startSim } from "@scorpiox/sim";
import { type Io, SignalReceived } from "@scorpiox/sxutil";
import { onTestFinished } from "vitest";
import { main } from "../src/main.js";

/** The built command. Tests that start a real process use it. */
export const BIN = fileURLToPath(new URL("../dist/bin.cjs", import.meta.url));

/** A folder of its own for one test: a home without any configuration, and a project to work in. */
export interface Place {
  readonly home: string;
  readonly project: string;
}

export async function makePlace(): Promise<Place> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "sx-test-")));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const place = { home: join(root, "home"), project: join(root, "project") };
  await Promise.all([mkdir(place.home), mkdir(place.project)]);
  return place;
}

/** A simulator for one test; it fails the test when a request was not what the script expects. */
export async function openSim(script: Script): Promise<Sim> {
  const sim = await startSim({ script });
  onTestFinished(() => sim.close());
  return sim;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly outcome: Promise<Outcome>;
  /** What has been written so far. */
  stdout(): string;
  stderr(): string;
  /** Keys at the terminal; nothing where stdin is piped. */
  type(keys: string): void;
  /** As if the process had got the signal. */
  signal(name: NodeJS.Signals): void;
}

export interface RunOptions {
  readonly place: Place;
  readonly env?: Readonly<Record<string, string>>;
  /** What is piped in; absent means a terminal that nobody types at. */
  readonly stdin?: string | Readable;
}

/** Runs `sx` inside this process, with streams of its own. */
export function startSx(argv: readonly string[], { place, env = {}, stdin }: RunOptions): Running {
  const stdout = collect();
  const stderr = collect();
  const controller = new AbortController();
  const input: Readable & { isTTY?: boolean } =
    stdin === undefined ? new PassThrough() : typeof stdin === "string" ? Readable.from([Buffer.from(stdin)]) : stdin;
  if (stdin === undefined) input.isTTY = true;
  const io: Io = {
    stdin: input,
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: { PATH: process.env["PATH"], HOME: place.home, ...env },
    cwd: place.project,
    home: place.home,
    signal: controller.signal,
  };
  const outcome = main(argv, io).then(
    (code) => ({ code, stdout: stdout.text(), stderr: stderr.text() }),
    (error: unknown) => {
      // What `startCommand` does with a failure that main throws.
      const { exitCode = 1, message } = error as { exitCode?: number; message: string };
      return { code: exitCode, stdout: stdout.text(), stderr: `${stderr.text()}sx: ${message}\n` };
    },
  );
  return {
    outcome,
    stdout: stdout.text,
    stderr: stderr.text,
    type: (keys) => void (input instanceof PassThrough && input.write(keys)),
    signal: (name) => controller.abort(new SignalReceived(name)),
  };
}

export function runSx(argv: readonly string[], options: RunOptions): Promise<Outcome> {
  return startSx(argv, options).outcome;
}

/** Runs the built `sx` as a process of its own, without a terminal. */
export function spawnSx(
  argv: readonly string[],
  { place, env = {}, stdin }: RunOptions & { stdin?: string },
): Promise<Outcome> {
  if (!existsSync(BIN)) throw new Error("packages/sx/dist is missing: run `pnpm build` first");
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...argv], {
      cwd: place.project,
      env: { PATH: process.env["PATH"], HOME: place.home, ...env },
      stdio: "pipe",
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({
        code: code ?? (signal === null ? -1 : -2),
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
    child.stdin.end(stdin ?? "");
  });
}

/** The lines of `stream-json`, parsed. */
export function linesOf(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function collect(): { stream: PassThrough; text: () => string } {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString() };
}
