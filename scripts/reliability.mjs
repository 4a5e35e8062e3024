// Measures the promises of docs/reliability.md with the built commands, real processes and the simulator's token
// authority in a process of its own: `node scripts/reliability.mjs [TEST …] [--rounds N]`. Prints one line for each test
// and one for each loss; the exit code is 1 when a promise was broken.

import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const packages = fileURLToPath(new URL("../packages/", import.meta.url));
const COMMAND = join(packages, "codex-fetchtoken", "dist", "bin.cjs");
const SIM = join(packages, "sim", "dist", "bin.cjs");
const SX = join(packages, "sx", "dist", "bin.cjs");

/** From the start of a process to well after its exchange. */
const MOMENTS_MS = 260;

const TESTS = {
  burst: ["200 processes at once, token expired", () => burst(200)],
  kill: ["kill -9 at random moments, 3 processes", (rounds) => endings("SIGKILL", rounds ?? 1000)],
  term: ["TERM at random moments, 3 processes", (rounds) => endings("SIGTERM", rounds ?? 300)],
  int: ["INT at random moments, 3 processes", (rounds) => endings("SIGINT", rounds ?? 300)],
  hup: ["HUP at random moments, 3 processes", (rounds) => endings("SIGHUP", rounds ?? 300)],
  refused: ["refused refresh token, 200 runs", (rounds) => refused(rounds ?? 200)],
  hot: ["fresh token, start to token", (rounds) => hotPath(rounds ?? 60)],
  "session-kill": ["kill -9 of sx at random moments of a conversation", (rounds) => sessionKill(rounds ?? 1000)],
  "undo-kill": ["kill -9 of sx while its tools write", (rounds) => undoKill(rounds ?? 200)],
};

let broken = 0;

async function burst(count) {
  return withWorld({ beforeCommitMs: 30, afterCommitMs: 30 }, async (world) => {
    await world.signIn(-1000);
    const reader = world.watch();
    const startedMs = performance.now();
    const ran = await Promise.all(Array.from({ length: count }, () => world.start(["--timeout", "300"]).done));
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    const torn = await reader.stop();
    const { refreshes, reuses } = await world.ask({ do: "counters" });
    const printed = new Set(ran.map(({ stdout }) => stdout));
    const failed = ran.filter(({ code }) => code !== 0).length;
    const [accessToken = ""] = printed;
    const { state } = await world.ask({ do: "state", secret: accessToken.trim() });
    check(refreshes === 1 && reuses === 0 && torn === 0 && failed === 0 && printed.size === 1 && state === "live");
    return `${refreshes} refresh, ${reuses} reuses, ${torn} torn reads, ${failed} failed, ${printed.size} different tokens (${state}), ${seconds} s in all`;
  });
}

async function endings(signal, rounds) {
  return withWorld({ beforeCommitMs: 15, afterCommitMs: 25 }, async (world) => {
    let lost = 0;
    let slowestMs = 0;
    await world.signIn(-1000);
    const reader = world.watch();
    for (let round = 0; round < rounds; round += 1) {
      await world.signIn(-1000);
      const started = [1, 2, 3].map(() => world.start([]));
      await Promise.all(
        started.map(async ({ kill }) => {
          await sleep(Math.random() * MOMENTS_MS);
          kill(signal);
        }),
      );
      const sinceMs = performance.now();
      const next = await world.start([]).done;
      slowestMs = Math.max(slowestMs, performance.now() - sinceMs);
      const [access, refresh] = [next.stdout.trim() || "none", world.read().tokens.refresh_token];
      const states = [
        await world.ask({ do: "state", secret: access }),
        await world.ask({ do: "state", secret: refresh }),
      ];
      if (next.code !== 0 || states.some(({ state }) => state !== "live")) {
        lost += 1;
        process.stderr.write(`round ${round}: code ${next.code} ${next.stderr.trim()} ${JSON.stringify(states)}\n`);
      }
      await Promise.all(started.map(({ done }) => done));
    }
    const torn = await reader.stop();
    const { reuses, refreshes } = await world.ask({ do: "counters" });
    check(lost === 0 && torn === 0 && reuses === 0 && slowestMs <= 5000);
    return `${rounds} rounds, ${refreshes} refreshes, ${lost} logins lost, ${reuses} reuses, ${torn} torn reads, slowest next run ${(slowestMs / 1000).toFixed(2)} s`;
  });
}

async function refused(runs) {
  return withWorld({}, async (world) => {
    await world.signIn(-1000);
    await world.ask({ do: "revoke", secret: world.read().tokens.refresh_token });
    const codes = new Map();
    for (let left = runs; left > 0; left -= 50) {
      const ran = await Promise.all(Array.from({ length: Math.min(50, left) }, () => world.start([]).done));
      for (const { code } of ran) codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    const { requests } = await world.ask({ do: "counters" });
    check(requests.refresh <= 1 && codes.get(41) === runs);
    return `${runs} runs (${codes.get(41) ?? 0} with exit code 41), ${requests.refresh} request`;
  });
}

async function hotPath(rounds) {
  return withWorld({}, async (world) => {
    await world.signIn(3_600_000);
    const bare = () => spawnSync(process.execPath, ["-e", "0"], { env: world.env }).status;
    const token = () => spawnSync(process.execPath, [COMMAND, "--format", "token"], { env: world.env }).status;
    // Unmeasured: leaves the code cache behind, and warms the disk.
    for (let run = 0; run < 5; run += 1) check(bare() === 0 && token() === 0);
    const times = { bare: [], token: [] };
    for (let run = 0; run < rounds; run += 1) {
      times.bare.push(timed(bare));
      times.token.push(timed(token));
    }
    const [bareMs, tokenMs] = [median(times.bare), median(times.token)];
    const litter = existsSync(`${world.file}.lock`);
    check(tokenMs / bareMs <= 1.5 && !litter);
    return `${rounds} pairs, median ${tokenMs.toFixed(1)} ms against ${bareMs.toFixed(1)} ms of node -e 0: ${(tokenMs / bareMs).toFixed(2)} times, ${litter ? "a" : "no"} lock file`;
  });
}

async function sessionKill(rounds) {
  const { runSessionKill } = await import("./session-kill.mjs");
  const { text, kept } = await runSessionKill({ sim: SIM, sx: SX, rounds });
  check(kept);
  return text;
}

async function undoKill(rounds) {
  const { runUndoKill } = await import("./undo-kill.mjs");
  const { text, kept } = await runUndoKill({ sim: SIM, sx: SX, rounds });
  check(kept);
  return text;
}

function timed(work) {
  const sinceMs = performance.now();
  if (work() !== 0) check(false);
  return performance.now() - sinceMs;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function check(kept) {
  if (!kept) broken += 1;
}

/** An empty home, an authority, and what can be done with both. */
async function withWorld(settings, work) {
  const home = mkdtempSync(join(tmpdir(), "sx-reliability-"));
  const authority = spawn(process.execPath, [SIM, "authority", "--settings", JSON.stringify(settings)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const { url } = JSON.parse(await firstLine(authority.stdout));
    return await work(new World(home, url));
  } finally {
    authority.kill();
    // A refresher of the last round may still be about to find out that there is nothing to do.
    await sleep(500);
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

class World {
  constructor(home, url) {
    this.url = url;
    this.file = join(home, ".scorpiox", "codex-auth.json");
    this.env = { HOME: home, PATH: process.env.PATH, SCORPIOX_GLOBAL_DIR: join(home, "global"), CODEX_OAUTH_URL: url };
    mkdirSync(join(home, ".scorpiox"));
    chmodSync(join(home, ".scorpiox"), 0o700);
  }

  async ask(command) {
    const answer = await fetch(`${this.url}/__control`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(command),
    });
    if (!answer.ok) throw new Error(`the authority answered ${answer.status} to ${command.do}`);
    return answer.json();
  }

  /** A new login in the file, whose access token has that much of its life left; negative: over. */
  async signIn(accessTokenLifeMs) {
    const login = await this.ask({ do: "sign_in", accessTokenLifeMs });
    writeFileSync(`${this.file}.new`, JSON.stringify(login), { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
  }

  read() {
    return JSON.parse(readFileSync(this.file, "utf8"));
  }

  /** The command, in a process group of its own. */
  start(argv) {
    const child = spawn(process.execPath, [COMMAND, "--format", "token", ...argv], {
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text) => (output.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (output.stderr += text));
    const done = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ code: code ?? -1, ...output }));
    });
    const kill = (signal) => {
      try {
        process.kill(-child.pid, signal);
      } catch {
        // It has ended by itself.
      }
    };
    return { done, kill };
  }

  /** Reads the file all the time, until it is stopped; tells how often it was not whole. */
  watch() {
    const stop = new AbortController();
    let torn = 0;
    const reading = (async () => {
      while (!stop.signal.aborted) {
        try {
          if (!this.read().tokens.refresh_token.startsWith("rt_")) torn += 1;
        } catch {
          torn += 1;
        }
        await sleep(3);
      }
    })();
    return {
      stop: async () => {
        stop.abort();
        await reading;
        return torn;
      },
    };
  }
}

async function firstLine(stream) {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0];
}

const words = process.argv.slice(2);
const at = words.indexOf("--rounds");
const rounds = at === -1 ? undefined : Number(words[at + 1]);
const names = at === -1 ? words : words.toSpliced(at, 2);
const unknown = names.filter((name) => !Object.hasOwn(TESTS, name));
if (unknown.length > 0 || (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))) {
  process.stderr.write(`usage: node scripts/reliability.mjs [${Object.keys(TESTS).join(" | ")}]… [--rounds N]\n`);
  process.exit(2);
}
for (const file of [COMMAND, SIM, SX]) {
  if (existsSync(file)) continue;
  process.stderr.write("build first: npm run build\n");
  process.exit(2);
}
for (const name of names.length === 0 ? Object.keys(TESTS) : names) {
  const [title, test] = TESTS[name];
  const before = broken;
  const result = await test(rounds);
  process.stdout.write(`${broken === before ? "kept  " : "BROKEN"} ${title}: ${result}\n`);
}
process.exitCode = broken === 0 ? 0 : 1;
