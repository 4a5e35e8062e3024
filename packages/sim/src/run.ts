import { resolve } from "node:path";
import { ExitCode, type Io, oneLine } from "@scorpiox/sxutil";
import type { Args } from "./args.js";
import { secretValues } from "./env-secrets.js";
import { parseScriptText, ScriptError } from "./script-check.js";
import { serve } from "./serve.js";
import { type SimOptions, startSim } from "./sim.js";

type RunArgs = Extract<Args, { kind: "run" }>;

const MAX_SCRIPT_BYTES = 256 * 1024 * 1024;

/**
 * Serves for the length of a command, or until a signal. Problems go to stderr as they happen.
 * @returns the command's exit code, or 1 when that was 0 and something did not go as scripted
 */
export async function run(args: RunArgs, io: Io): Promise<number> {
  const say = (message: string): void => void io.stderr.write(`scorpiox-sim: ${oneLine(message)}\n`);
  const sim = await startSim({
    ...(await sourceOptions(args, io)),
    port: args.port,
    authority: args.authority,
    ...(args.log === undefined ? {} : { log: resolve(io.cwd, args.log) }),
    onEvent: (event) => {
      if (event.type !== "request") say(event.message);
    },
  });
  let code: number;
  try {
    code = await serve(sim, args.command, io);
  } finally {
    await sim.close();
  }
  const problems = sim.problems();
  // Violations were told when they happened; what was left over is known only now.
  for (const problem of problems.slice(sim.violations.length)) say(problem);
  return code === ExitCode.ok && problems.length > 0 ? ExitCode.failure : code;
}

async function sourceOptions({ source }: RunArgs, io: Io): Promise<SimOptions> {
  const path = resolve(io.cwd, source.path);
  switch (source.kind) {
    case "script":
      return { script: parseScriptText(await readScript(path, source.path), source.path), scriptName: source.path };
    case "replay":
      return { replay: path, realtime: source.realtime };
    case "record":
      return { record: { path, upstream: source.upstream, secrets: secretValues(io.env) } };
  }
}

async function readScript(path: string, shown: string): Promise<string> {
  const { readFile, stat } = await import("node:fs/promises");
  try {
    const info = await stat(path);
    if (!info.isFile()) throw new Error("it is not a file");
    if (info.size > MAX_SCRIPT_BYTES) throw new Error(`it has more than ${MAX_SCRIPT_BYTES} bytes`);
    return await readFile(path, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ScriptError(`script ${shown} cannot be read: ${why}`, { cause: error });
  }
}
