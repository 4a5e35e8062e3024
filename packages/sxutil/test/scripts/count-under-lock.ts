// Adds 1 to the number in argv[2] under its lock, argv[4] times, and notes each number reached in `argv[2].log`.
// Two holders at once would note the same number twice. argv[3] is the kind of lock.
import { appendFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { type LockChoice, withFileLock } from "../../src/file-lock.js";
import { pause } from "../../src/pause.js";

async function run(path: string, choice: LockChoice, rounds: number): Promise<void> {
  process.stdout.write("ready\n");
  for (let round = 0; round < rounds; round += 1) {
    await withFileLock(
      path,
      { waitMs: 30_000 },
      async () => {
        const next = Number(readFileSync(path, "utf8")) + 1;
        await pause(Math.random() * 3);
        writeFileSync(`${path}.${process.pid}`, String(next));
        renameSync(`${path}.${process.pid}`, path);
        appendFileSync(`${path}.log`, `${next}\n`);
      },
      choice,
    );
    await pause(Math.random() * 4);
  }
}

const [, , path = "", choice = "auto", rounds = "1"] = process.argv;
void run(path, choice as LockChoice, Number(rounds));
