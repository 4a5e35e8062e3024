// One test of reliability.mjs: sx is killed while its tools write, and what undo knows is always the truth.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { firstLine, startSx } from "./sx-process.mjs";

const MOMENTS_MS = 800;
const OLD = `${"old ".repeat(20)}\n`.repeat(2_000);
const NEW = `${"new ".repeat(20)}\n`.repeat(2_000);

/** Every answer replaces the whole file, or lets a command do it. */
const SCRIPT = {
  turns: [
    { reply: [{ tool_use: { name: "read", input: { path: "a.txt" } } }] },
    ...Array.from({ length: 40 }, (_, index) => {
      const content = `${index}\n${NEW}`;
      if (index % 4 !== 3) return { reply: [{ tool_use: { name: "write", input: { path: "a.txt", content } } }] };
      return {
        reply: [
          { tool_use: { name: "bash", input: { command: `sed -i 's/new/${index}/' a.txt; touch n${index}` } } },
          { tool_use: { name: "read", input: { path: "a.txt" } } },
        ],
      };
    }),
    { reply: [{ text: "done" }] },
  ],
};

/** The file is whole, it is a state that the journal knows unless a command was at it, and every state has its copy. */
export async function runUndoKill({ sim, sx, rounds }) {
  const root = mkdtempSync(join(tmpdir(), "sx-undo-kill-"));
  writeFileSync(join(root, "script.json"), JSON.stringify(SCRIPT));
  const count = { killed: 0, changes: 0, torn: 0, unknown: 0, missing: 0 };
  try {
    for (let round = 0; count.killed < rounds; round += 1) {
      const home = join(root, String(round));
      const project = join(home, "project");
      mkdirSync(project, { recursive: true });
      writeFileSync(join(project, "a.txt"), OLD);
      // A server for each round: a script is answered once.
      const server = spawn(process.execPath, [sim, "--script", join(root, "script.json")], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      try {
        const { env: provider } = JSON.parse(await firstLine(server.stdout));
        const env = { HOME: home, PATH: process.env.PATH, SCORPIOX_GLOBAL_DIR: join(home, "global"), ...provider };
        const run = startSx(sx, ["-p", "go on", "--json", "--approval-mode", "all"], project, env);
        await sleep(200 + Math.random() * MOMENTS_MS);
        run.kill();
        if ((await run.done).signal === "SIGKILL") count.killed += 1;
      } finally {
        server.kill();
      }
      check(home, readFileSync(join(project, "a.txt")), count);
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    }
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  }
  const { killed, changes, torn, unknown, missing } = count;
  return {
    kept: torn === 0 && unknown === 0 && missing === 0,
    text: `${killed} killed, ${changes} changes kept, ${torn} torn files, ${unknown} files in a state that nobody knows, ${missing} copies missing or damaged`,
  };
}

function check(home, bytes, count) {
  const text = bytes.toString();
  // Whole is what has all of its lines; what sed writes has them too.
  if (!text.endsWith("\n") || text.split("\n").length < 2_001) count.torn += 1;
  const sessions = join(home, ".scorpiox", "sessions");
  if (!existsSync(sessions)) return;
  for (const project of readdirSync(sessions)) {
    for (const name of readdirSync(join(sessions, project))) {
      if (name.endsWith(".undo")) checkFolder(join(sessions, project, name), bytes, count);
    }
  }
}

function checkFolder(folder, bytes, count) {
  const journal = join(folder, "journal.jsonl");
  if (!existsSync(journal)) return;
  const lines = readFileSync(journal, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  const changes = lines.flatMap((line) => (line.changes ?? []).filter(({ path }) => path.endsWith("a.txt")));
  count.changes += changes.length;
  for (const { before } of changes) {
    if (before.kind !== "file") continue;
    const blob = join(folder, "blobs", before.hash);
    if (!existsSync(blob) || hashOf(readFileSync(blob)) !== before.hash) count.missing += 1;
  }
  const last = changes.at(-1);
  const known = new Set([last?.before.hash, last?.after.hash]);
  // A command that was killed with sx may have been at it: then the numbers that sed writes are in it.
  const isFromCommand = /^(3|7|11|15|19|23|27|31|35|39) /m.test(bytes.toString());
  if (last !== undefined && !known.has(hashOf(bytes)) && !isFromCommand) count.unknown += 1;
}

function hashOf(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}
