// Memory of a long tool loop: 2,000 turns whose command prints 100 KB, against a model of our own on loopback:
// `node bench/turns-memory.mjs [TURNS]`. Prints RSS at turn 200 and at the end; the exit code is 1 when it grew by 50 MB.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SX = fileURLToPath(new URL("../packages/sx/dist/bin.cjs", import.meta.url));
const TURNS = Number(process.argv[2] ?? 2_000);
const SETTLED_AT = Math.min(200, TURNS / 2);
const MAX_GROWTH_MB = 50;

const home = mkdtempSync(join(tmpdir(), "sx-turns-"));
const project = join(home, "project");
mkdirSync(project);
const state = { turn: 0, summaries: 0, samples: [], pid: 0 };

const server = createServer((request, response) => {
  let bytes = 0;
  let isSummary = false;
  request.on("data", (chunk) => {
    if (bytes === 0) isSummary = chunk.includes("You summarise");
    bytes += chunk.length;
  });
  request.on("end", () => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (isSummary) {
      state.summaries += 1;
      respond(response, { content: "Goals: go on. Done: a lot." }, "stop", bytes);
      return;
    }
    state.turn += 1;
    if (state.turn % 50 === 0) state.samples.push([state.turn, rssMb(state.pid)]);
    if (state.turn > TURNS) respond(response, { content: "done" }, "stop", bytes);
    else {
      // No two commands are the same: a model that repeats itself is stopped.
      const command = `yes "turn ${state.turn} ${"x".repeat(80)}" | head -c 100000`;
      const call = { name: "bash", arguments: JSON.stringify({ command }) };
      const calls = [{ index: 0, id: `call_${state.turn}`, type: "function", function: call }];
      respond(response, { tool_calls: calls }, "tool_calls", bytes);
    }
  });
});

function respond(response, delta, reason, bytes) {
  const frame = (fields) => `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", ...fields })}\n\n`;
  const usage = { prompt_tokens: Math.ceil(bytes / 4), completion_tokens: 50, total_tokens: Math.ceil(bytes / 4) + 50 };
  response.end(
    frame({ choices: [{ index: 0, delta: { role: "assistant", ...delta } }] }) +
      frame({ choices: [{ index: 0, delta: {}, finish_reason: reason }] }) +
      frame({ choices: [], usage }) +
      "data: [DONE]\n\n",
  );
}

function rssMb(pid) {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
}

server.listen(0, "127.0.0.1", () => {
  const child = spawn(process.execPath, [SX, "-p", "go on", "--json", "--approval-mode", "all", "-m", "model"], {
    cwd: project,
    env: {
      HOME: home,
      PATH: process.env.PATH,
      SCORPIOX_GLOBAL_DIR: join(home, "global"),
      PROVIDER: "openai",
      OPENAI_BASE_URL: `http://127.0.0.1:${server.address().port}`,
      CONTEXT_WINDOW: "200000",
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  state.pid = child.pid;
  child.once("close", (code) => {
    server.close();
    rmSync(home, { recursive: true, force: true });
    const settled = state.samples.find(([turn]) => turn >= SETTLED_AT)?.[1] ?? Number.NaN;
    const later = state.samples.filter(([turn]) => turn > SETTLED_AT).map(([, mb]) => mb);
    const [most, last] = [Math.max(...later), later.at(-1) ?? Number.NaN];
    const words = [
      `${state.turn - 1} turns, ${state.summaries} compactions, exit code ${code}`,
      `RSS ${settled.toFixed(0)} MB at turn ${SETTLED_AT}, ${last.toFixed(0)} MB at the end, ${most.toFixed(0)} MB at most`,
    ];
    process.stdout.write(`${words.join(": ")}\n`);
    if (code !== 0 || !(last - settled < MAX_GROWTH_MB)) process.exitCode = 1;
  });
});
