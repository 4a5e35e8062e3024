import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { AuthorityHome, type SavedLogin } from "./authority-home.js";
import { checkBuilt, CommandRun, LOCK_KINDS, run } from "./command-run.js";

beforeAll(checkBuilt);

/** From the start of a process to well after its exchange. */
const MOMENTS_MS = 260;

const SIGNALS: readonly { readonly signal: NodeJS.Signals; readonly rounds: number }[] = [
  { signal: "SIGKILL", rounds: 25 },
  { signal: "SIGTERM", rounds: 8 },
  { signal: "SIGINT", rounds: 8 },
  { signal: "SIGHUP", rounds: 8 },
];

// The full number of rounds is the business of scripts/reliability.mjs.
describe.each(LOCK_KINDS)("a login, under $kind", ({ wrapper }) => {
  it.each(SIGNALS)("outlives $rounds times three processes ended by $signal at any moment", async (row) => {
    const { signal, rounds } = row;
    const home = await AuthorityHome.start({ settings: { beforeCommitMs: 15, afterCommitMs: 25 } });
    const reader = new Reader(home);
    for (let round = 0; round < (wrapper.length === 0 ? rounds : Math.ceil(rounds / 3)); round += 1) {
      home.signIn();
      reader.start();
      const started = [1, 2, 3].map(() => new CommandRun(home, ["--format", "token"], {}, wrapper));
      await Promise.all(
        started.map(async (one) => {
          await sleep(Math.random() * MOMENTS_MS);
          one.kill(signal);
        }),
      );
      const next = await run(home, ["--format", "token"], {}, wrapper);
      expect(next, `round ${round}`).toMatchObject({ code: 0, stderr: "" });
      expect(home.authority.stateOf(next.stdout.trim())).toBe("live");
      expect(home.authority.stateOf(home.read().tokens.refresh_token)).toBe("live");
      await Promise.all(started.map(({ done }) => done));
    }
    await reader.stop();
    expect(reader.torn).toEqual([]);
    expect(home.authority.violations).toEqual([]);
    expect(home.authority.counters()).toMatchObject({ reuses: 0, lostAnswers: 0 });
  });
});

/** Reads the file all the time: whatever it finds must be a whole login. */
class Reader {
  readonly torn: string[] = [];
  #reading: Promise<void> | undefined;
  #stopped = false;

  constructor(private readonly home: AuthorityHome) {}

  start(): void {
    this.#reading ??= this.#read();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#reading;
  }

  async #read(): Promise<void> {
    while (!this.#stopped) {
      const text = readFileSync(this.home.file, "utf8");
      try {
        expect((JSON.parse(text) as SavedLogin).tokens.refresh_token).toMatch(/^rt_/u);
      } catch {
        this.torn.push(`${text.length} bytes`);
      }
      await sleep(2);
    }
  }
}
