import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectName, sessionsFolder } from "../../src/sessions/session-folder.js";
import { BIN, linesOf, makePlace, openSim, type Place, runSx } from "../harness.js";

const ROUNDS = 12;

/**
 * `node scripts/reliability.mjs session-kill` does the same a thousand times. A run is killed when it has shown a certain
 * number of events, which meets moments between and within writes without a clock.
 */
test("kill -9: what was shown is in the file, and the conversation goes on", { timeout: 120_000 }, async () => {
  if (!existsSync(BIN)) throw new Error("packages/sx/dist is missing: run `pnpm build` first");
  const place = await makePlace();
  const sim = await openSim({
    turns: [
      {
        times: "any",
        reply: [
          { text: "I look." },
          { tool_use: { name: "glob", input: { pattern: "a*" } } },
          { tool_use: { name: "bash", input: { command: "seq 1 200" } } },
        ],
      },
    ],
  });
  let id: string | undefined;
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const argv = ["-p", "go on", "--json", "--approval-mode", "all", "--max-turns", "6"];
    const stdout = await runAndKill([...argv, ...(id === undefined ? [] : ["-r", id])], place, sim.env, 3 + round * 2);
    const events = linesOf(stdout.slice(0, stdout.lastIndexOf("\n") + 1));
    id ??= String(events[0]?.["session_id"]);
    expect(events[0]).toMatchObject({ type: "init", session_id: id, resumed: round > 0 });
    for (const event of events) {
      if (event["type"] === "tool_use" || event["type"] === "tool_result")
        seen.add(`${event["type"]} ${String(event["tool_id"])}`);
    }
    const file = join(sessionsFolder({}, place.home), projectName(place.project), `${id}.jsonl`);
    const kept = keptIn(await readFile(file, "utf8"));
    expect([...seen].filter((what) => !kept.has(what))).toEqual([]);
  }
  expect(seen.size).toBeGreaterThan(ROUNDS);
  const last = await runSx(["-p", "go on", "-c", "--json", "--max-turns", "1"], { place, env: sim.env, stdin: "" });
  expect(linesOf(last.stdout)[0]).toMatchObject({ session_id: id, resumed: true });
  expect(linesOf(last.stdout).at(-1)).toMatchObject({ num_turns: 1, error: { code: "max_turns" } });
  expect(sim.violations).toEqual([]);
});

/** Runs the built command until it has shown so many lines, then kills it and all it started. */
function runAndKill(
  argv: readonly string[],
  place: Place,
  env: Readonly<Record<string, string>>,
  lines: number,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...argv], {
      cwd: place.project,
      env: { PATH: process.env["PATH"], HOME: place.home, ...env },
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      if (stdout.split("\n").length <= lines || child.pid === undefined) return;
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended by itself in the meantime.
      }
    });
    child.on("error", reject);
    child.on("close", () => resolve(stdout));
  });
}

/** The calls and results of all whole lines. */
function keptIn(text: string): ReadonlySet<string> {
  const lines = linesOf(text.slice(0, text.lastIndexOf("\n") + 1));
  return new Set(
    lines.flatMap((line) => {
      if (line["kind"] === "tool_result") return [`tool_result ${(line["result"] as { toolUseId: string }).toolUseId}`];
      if (line["kind"] !== "assistant") return [];
      const blocks = line["content"] as { type: string; id?: string }[];
      return blocks.flatMap((block) => (block.type === "tool_use" ? [`tool_use ${block.id}`] : []));
    }),
  );
}
