import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { diff } from "../../../src/chat/commands/command-diff.js";
import type { ChangedFile } from "../../../src/chat/slash-command.js";
import { makePlace } from "../../harness.js";
import { fakeChat } from "../fake-chat.js";

const bytes = (text: string) => Buffer.from(text);

async function sit(
  files: Readonly<Record<string, { readonly before?: string; readonly now?: string; readonly hasCopy?: boolean }>>,
) {
  const place = await makePlace();
  await mkdir(join(place.project, "src"));
  const changed: ChangedFile[] = [];
  for (const [name, { before, now, hasCopy = true }] of Object.entries(files)) {
    const file = join(place.project, name);
    if (now !== undefined) await writeFile(file, now);
    changed.push({ file, before: before === undefined ? undefined : bytes(before), hasCopy });
  }
  return fakeChat({ place, control: { changedFiles: () => Promise.resolve(changed) } });
}

test("tells each file against what it was at first", async () => {
  const fake = await sit({
    "src/a.ts": { before: "one\ntwo\n", now: "one\n2\n" },
    "new.md": { now: "# new\n" },
    "gone.txt": { before: "old\n" },
    "same.txt": { before: "x", now: "x" },
    "image.png": { before: "a\0b", now: "a\0c" },
    "by-command": { now: "x", hasCopy: false },
  });
  await fake.run(diff);
  expect(fake.printed[0]).toBe(
    [
      "`src/a.ts` +1 −1",
      "```diff\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n```",
      "`new.md` new, +1",
      "```diff\n@@ -0,0 +1,1 @@\n+# new\n```",
      "`gone.txt` deleted, −1",
      "```diff\n@@ -1,1 +0,0 @@\n-old\n```",
      "`same.txt` as it was",
      "`image.png` changed, not text",
      "`by-command` changed; there is nothing to compare with",
    ].join("\n\n"),
  );
});

test("folds what is long, and opens it for a path", async () => {
  const long = Array.from({ length: 100 }, (_, line) => `line ${line}\n`).join("");
  const fake = await sit({ "src/long.ts": { now: long }, "b.ts": { now: "b\n" } });
  await fake.run(diff);
  expect(fake.printed[0]).toContain("… 61 more lines: `/diff src/long.ts`");
  await fake.run(diff, "src");
  expect(fake.printed[1]).toContain("+line 99");
  expect(fake.printed[1]).not.toContain("b.ts");
});

test("what a file holds cannot end its block, or steer the terminal", async () => {
  const fake = await sit({ "a.md": { now: "```\n**not mine**\n\u001b[2J\n" } });
  await fake.run(diff);
  expect(fake.printed[0]).toContain("````diff\n");
  expect(fake.printed[0]).not.toContain("\u001b");
});

test("without a change it says so", async () => {
  const fake = await sit({});
  await fake.run(diff);
  expect(fake.notes).toEqual(["info: this session has changed no files"]);
  await expect(fake.run(diff, "x.ts")).rejects.toThrow('has not changed "x.ts"');
});
