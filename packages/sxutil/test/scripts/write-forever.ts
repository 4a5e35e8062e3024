// Replaces the file argv[2] again and again, in turn with 300,000 `a` and 200,000 `b`, until it is killed.
import { writeFileAtomic } from "../../src/atomic-write.js";

async function run(path: string): Promise<void> {
  process.stdout.write("ready\n");
  for (;;) {
    await writeFileAtomic(path, "a".repeat(300_000));
    await writeFileAtomic(path, "b".repeat(200_000));
  }
}

void run(process.argv[2] ?? "");
