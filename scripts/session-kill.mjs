// One test of reliability.mjs: sx is killed at random moments of real conversations, and each of them goes on.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { firstLine, startSx } from "./sx-process.mjs";

/** From the start of sx to after its last answer. */
const MOMENTS_MS = 450;
/** So many kills a session survives in a row before the next one begins. */
const KILLS = 5;

/** Every answer says something and makes calls, so that there is always something to write. */
const SCRIPT = {
  turns: [
    {
      times: "any",
      deltas: 6,
      delayMs: 5,
      reply: [
        { text: "I look." },
        { tool_use: { name: "glob", input: { pattern: "a*" } } },
        { tool_use: { name: "glob", input: { pattern: "b*" } } },
        { tool_use: { name: "bash", input: { command: "seq 1 500" } } },
      ],
    },
  ],
};

/** Every entry that somebody saw on stdout must be in the file, every line but a last one whole, and sx must go on. */
export async function runSessionKill({ sim, sx, rounds }) {
  const home = mkdtempSync(join(tmpdir(), "sx-session-kill-"));
  const project = join(home, "project");
  mkdirSync(project);
  writeFileSync(join(home, "script.json"), JSON.stringify(SCRIPT));
  const server = spawn(process.execPath, [sim, "--script", join(home, "script.json")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const count = { killed: 0, torn: 0, early: 0, lost: 0, damaged: 0, refused: 0, shown: 0 };
  try {
    const { env: provider } = JSON.parse(await firstLine(server.stdout));
    const env = { HOME: home, PATH: process.env.PATH, SCORPIOX_GLOBAL_DIR: join(home, "global"), ...provider };
    const start = (argv) => startSx(sx, ["-p", "go on", "--json", "--approval-mode", "all", ...argv], project, env);
    let id;
    let seen = new Set();
    for (let round = 0; count.killed < rounds; round += 1) {
      if (round % KILLS === 0) {
        id = undefined;
        seen = new Set();
      }
      const run = start([...(id === undefined ? [] : ["-r", id]), "--max-turns", "5"]);
      await sleep(Math.random() * MOMENTS_MS);
      run.kill();
      const { stdout, signal } = await run.done;
      if (signal === "SIGKILL") count.killed += 1;
      const events = eventsOf(stdout);
      id ??= events[0]?.session_id;
      for (const { type, tool_id } of events)
        if (type === "tool_use" || type === "tool_result") seen.add(`${type} ${tool_id}`);
      const file = id === undefined ? undefined : fileOf(home, id);
      if (file === undefined) {
        count.early += 1;
        if (seen.size > 0) count.lost += seen.size;
        id = undefined;
        continue;
      }
      const { kept, damaged, isTorn } = readSession(file);
      count.torn += isTorn ? 1 : 0;
      count.damaged += damaged;
      count.shown += seen.size;
      const lost = [...seen].filter((what) => !kept.has(what));
      count.lost += lost.length;
      const next = await start(["-r", id, "--max-turns", "1"]).done;
      const resumed = eventsOf(next.stdout);
      // 53: the answer makes calls, and one answer was all that was asked for.
      const goesOn = next.code === 53 && resumed[0]?.resumed === true && resumed.at(-1)?.num_turns === 1;
      if (!goesOn) count.refused += 1;
      if (!goesOn || lost.length > 0 || damaged > 0) {
        process.stderr.write(
          `round ${round}: lost ${lost.join(", ")} damaged ${damaged} code ${next.code} ${next.stderr}\n`,
        );
      }
    }
  } finally {
    server.kill();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
  const { killed, early, torn, lost, damaged, refused, shown } = count;
  return {
    kept: lost === 0 && damaged === 0 && refused === 0,
    text: `${killed} killed (${early} before their first entry, ${torn} within a line), ${lost} of ${shown} shown entries lost, ${damaged} damaged lines, ${refused} sessions that did not go on`,
  };
}

/** The whole lines of an output; a killed process may have left half a one. */
function eventsOf(text) {
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

function fileOf(home, id) {
  const folder = join(home, ".scorpiox", "sessions");
  if (!existsSync(folder)) return undefined;
  const paths = readdirSync(folder).map((project) => join(folder, project, `${id}.jsonl`));
  return paths.find((path) => existsSync(path));
}

function readSession(path) {
  const lines = readFileSync(path, "utf8").split("\n");
  const last = lines.pop();
  const kept = new Set();
  let damaged = 0;
  for (const line of lines) {
    try {
      const entry = JSON.parse(line);
      for (const block of entry.content ?? []) if (block.type === "tool_use") kept.add(`tool_use ${block.id}`);
      if (entry.kind === "tool_result") kept.add(`tool_result ${entry.result.toolUseId}`);
    } catch {
      damaged += 1;
    }
  }
  return { kept, damaged, isTorn: last !== "" };
}
