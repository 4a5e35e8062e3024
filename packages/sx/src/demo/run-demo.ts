import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { colorDecision, ExitCode, Failure, type Io } from "@scorpiox/sxutil";
import pc from "picocolors";
import type { SxOptions } from "../args.js";
import { startDeadline } from "../deadline.js";
import { describeFailure } from "../failure.js";
import { openAgent } from "../open-agent.js";
import { LineDisplay } from "../ui/line-display.js";
import { DEMO_FILES, DEMO_PROMPT } from "./project.js";
import { demoScript } from "./script.js";

/** Slow enough to watch, on a terminal; a pipe gets it at once. */
const WATCH_DELAY_MS = 12;

/**
 * The whole program on a sample project: the real agent, the real tools, the real provider over HTTP. Only the model is
 * a script, and the demo says so. Ends with 0 when the project's tests pass, which it checks by itself.
 */
export async function runDemo(options: SxOptions, io: Io): Promise<number> {
  const color = colorDecision({ flag: options.color, env: io.env, isTTY: io.stdout.isTTY === true });
  const { bold, dim, green, red } = pc.createColors(color);
  const { startSim } = await import("@scorpiox/sim");
  const project = await makeProject();
  const sim = await startSim({ script: demoScript(io.stdout.isTTY === true ? WATCH_DELAY_MS : 0) });
  const deadline = startDeadline(io.signal, options.timeout);
  try {
    for (const [name, text] of Object.entries(DEMO_FILES)) {
      await mkdir(dirname(join(project, name)), { recursive: true });
      await writeFile(join(project, name), text);
    }
    io.stdout.write(
      `${bold("sx demo")} ${dim("· real agent, real tools, real requests over HTTP; the model is a script, no account is used")}\n`,
    );
    io.stdout.write(`${dim(`project: ${project}`)}\n${bold(">")} ${DEMO_PROMPT}\n`);
    const opened = await openAgent({
      // Nothing of the person's own configuration takes part.
      options: {
        ...options,
        bare: true,
        cwd: project,
        "approval-mode": "all",
        model: undefined,
        provider: undefined,
        set: [],
      },
      io,
      defaultMode: "all",
      overrides: Object.entries(sim.env),
      sessionId: randomUUID(),
    });
    try {
      const display = new LineDisplay({
        write: (text) => void io.stdout.write(text),
        secrets: opened.secrets,
        color,
        columns: () => io.stdout.columns ?? 100,
        tools: opened.tools,
        showText: true,
      });
      const turn = opened.agent.turn([{ type: "text", text: DEMO_PROMPT }], deadline.signal);
      let step = await turn.next();
      for (; !step.done; step = await turn.next()) display.show(step.value);
      display.finish();
      const end = step.value;
      if (end.failure !== undefined) {
        io.stderr.write(`sx demo: ${end.failure.message}\n`);
        return end.failure.exitCode;
      }
    } finally {
      await opened.close();
    }
    const passed = await testsPass(project, deadline.signal);
    io.stdout.write(
      passed
        ? `${green("✓")} the project's tests pass ${dim("(checked once more, by running them)")}\n${dim("next: scorpiox-config list --all · sx --help")}\n`
        : `${red("✗")} the project's tests still fail\n`,
    );
    return passed ? ExitCode.ok : ExitCode.failure;
  } catch (error) {
    if (!deadline.signal.aborted) throw error;
    return describeFailure(deadline.signal.reason, Date.now()).exitCode;
  } finally {
    deadline.dispose();
    await sim.close();
    await rm(project, { recursive: true, force: true });
  }
}

async function makeProject(): Promise<string> {
  try {
    return await realpath(await mkdtemp(join(tmpdir(), "sx-demo-")));
  } catch (cause) {
    const message = `cannot make a folder in ${tmpdir()}; set TMPDIR to one that can be written`;
    throw new Failure("bad_input", ExitCode.badInput, message, { cause });
  }
}

async function testsPass(project: string, signal: AbortSignal): Promise<boolean> {
  const { execFile } = await import("node:child_process");
  return new Promise((resolve) => {
    execFile("node", ["--test"], { cwd: project, signal, timeout: 60_000 }, (error) => resolve(error === null));
  });
}
