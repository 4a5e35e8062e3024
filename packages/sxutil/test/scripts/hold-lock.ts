// Holds the lock of argv[2], of the kind argv[3], until standard input ends; says `held` when it has it.
import { once } from "node:events";
import { type LockChoice, withFileLock } from "../../src/file-lock.js";

const [, , path = "", choice = "auto"] = process.argv;
void withFileLock(
  path,
  { waitMs: 30_000 },
  async () => {
    process.stdout.write("held\n");
    process.stdin.resume();
    await once(process.stdin, "end");
  },
  choice as LockChoice,
);
