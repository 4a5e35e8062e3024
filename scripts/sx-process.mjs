// sx as a process of its own, for the tests that kill it.

import { spawn } from "node:child_process";

/** Starts sx with a process group of its own, so that a kill takes what it started along. */
export function startSx(sx, argv, cwd, env) {
  const child = spawn(process.execPath, [sx, ...argv], { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (output.stderr += text));
  const done = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, ...output }));
  });
  const kill = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  return { done, kill };
}

/** The first line of a stream, which is read to its end by itself from then on. */
export async function firstLine(stream) {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  stream.resume();
  return text.split("\n")[0];
}
