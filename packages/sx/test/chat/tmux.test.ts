import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { BIN, makePlace, openSim } from "../harness.js";

const run = promisify(execFile);
const hasTmux = findTmux();
if (!hasTmux) process.stderr.write("tmux is not installed: the test inside it is skipped\n");

test.runIf(hasTmux)(
  "a long answer is in tmux's history once and in order, and the shell gets its terminal back",
  async () => {
    const place = await makePlace();
    const lines = Array.from({ length: 200 }, (_, index) => `line ${index} of the answer`);
    const sim = await openSim({ turns: [{ reply: [{ text: lines.join("\n\n") }], deltas: 2000, delayMs: 1 }] });
    const socket = join(place.home, "tmux.sock");
    const tmux = async (...args: string[]): Promise<string> =>
      (await run("tmux", ["-S", socket, "-f", "/dev/null", ...args])).stdout;
    const env = Object.entries({ ...sim.env, HOME: place.home, NO_COLOR: "1", PS1: "shell$ " }).map(
      ([key, value]) => `${key}=${value}`,
    );
    await run("tmux", [
      "-S",
      socket,
      "-f",
      "/dev/null",
      "new-session",
      "-d",
      "-x",
      "80",
      "-y",
      "24",
      "-c",
      place.project,
      "env",
      ...env,
      "bash",
      "--norc",
      "--noprofile",
    ]);
    onTestFinished(async () => {
      // Gone already when its shell has ended.
      await tmux("kill-server").catch(() => undefined);
    });
    const shows = async (wanted: RegExp): Promise<string> => {
      for (;;) {
        const all = await tmux("capture-pane", "-p", "-S", "-");
        if (wanted.test(all)) return all;
      }
    };
    await shows(/shell\$/);
    await tmux("send-keys", "-l", `'${process.execPath}' '${BIN}'`);
    await tmux("send-keys", "Enter");
    await shows(/codex · sonnet/);
    await tmux("send-keys", "-l", "tell me");
    await tmux("send-keys", "Enter");
    await shows(/line 60 of/);
    await tmux("resize-window", "-x", "66", "-y", "18");
    const all = await shows(/line 199 of the answer[^]*cached\)/);
    expect(all.split("\n").filter((row) => row.startsWith("line "))).toEqual(lines);
    await tmux("send-keys", "C-d");
    await shows(/go on with: sx -r [0-9a-f]{8}\s+shell\$/);
    await tmux("send-keys", "-l", "stty -a | grep -o ' icanon'");
    await tmux("send-keys", "Enter");
    await shows(/^ icanon/m);
  },
  30_000,
);

function findTmux(): boolean {
  try {
    execFileSync("tmux", ["-V"], { stdio: "ignore" });
    return true;
  } catch {
    // Not installed here.
    return false;
  }
}
