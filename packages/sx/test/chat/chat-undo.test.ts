import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { ChatUndo } from "../../src/chat/chat-undo.js";
import { diff } from "../../src/chat/commands/command-diff.js";
import { undo } from "../../src/chat/commands/command-undo.js";
import { undoFolderOf } from "../../src/undo/undo-folder.js";
import { UndoStore } from "../../src/undo/undo-store.js";
import { makePlace } from "../harness.js";
import { fakeChat, type FakeOptions } from "./fake-chat.js";

const open: UndoStore[] = [];
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
});

/** A chat over a real store, with a file that two turns have changed. */
async function sit(options: FakeOptions = {}) {
  const place = await makePlace();
  const file = join(place.project, "a.txt");
  const sessionFile = join(place.home, "3f2a91aa.jsonl");
  const store = new UndoStore({ workspace: place.project });
  open.push(store);
  const write = async (n: number, before: string | undefined, after: string): Promise<void> => {
    store.beginTurn({ folder: undoFolderOf(sessionFile), n });
    const bytes = before === undefined ? undefined : Buffer.from(before);
    await store.recordWrite({ path: file, before: bytes, after: Buffer.from(after), folders: [] });
    await writeFile(file, after, { mode: 0o644 });
  };
  const warnings: string[] = [];
  const chatUndo = new ChatUndo(
    () => ({ store, sessionFile }),
    (line) => void warnings.push(line),
  );
  const fake = await fakeChat({
    place,
    ...options,
    control: {
      planUndo: (of) => chatUndo.plan(of !== undefined && "redo" in of ? { kind: "redo" } : { kind: "last" }),
      undo: (steps) => chatUndo.apply(steps),
      changedFiles: () => chatUndo.changedFiles(),
    },
  });
  return { fake, chatUndo, file, write, warnings };
}

test("/undo takes the last turn back, and redo brings it again", async () => {
  const { fake, file, write } = await sit({ confirms: [true, true] });
  await writeFile(file, "one\n", { mode: 0o644 });
  await write(3, "one\n", "two\n");
  await write(9, "two\n", "three\n");
  await fake.run(undo);
  expect(await readFile(file, "utf8")).toBe("two\n");
  expect(fake.printed).toEqual(["- `a.txt` as it was"]);
  await fake.run(undo, "redo");
  expect(await readFile(file, "utf8")).toBe("three\n");
});

test("a file that somebody else changed since is named, and left alone when the person says so", async () => {
  const { fake, file, write } = await sit({ picks: ["none"] });
  await write(3, undefined, "ours\n");
  await writeFile(file, "theirs\n");
  await fake.run(undo);
  expect(fake.printed[0]).toContain("⚠ `it was changed since`");
  expect(await readFile(file, "utf8")).toBe("theirs\n");
});

test("/diff compares with the first state of the session", async () => {
  const { fake, file, write } = await sit();
  await writeFile(file, "one\n", { mode: 0o644 });
  await write(3, "one\n", "two\n");
  await write(9, "two\n", "three\n");
  await fake.run(diff);
  expect(fake.printed[0]).toContain("-one\n+three");
});

test("an old plan is not done", async () => {
  const { chatUndo, write } = await sit();
  await write(3, undefined, "x");
  const steps = await chatUndo.plan({ kind: "last" });
  await chatUndo.plan({ kind: "last" });
  await expect(chatUndo.apply(steps)).rejects.toThrow("look at a new one");
});

test("a session that keeps nothing says so", async () => {
  const none = new ChatUndo(
    () => ({ store: undefined, sessionFile: undefined }),
    () => undefined,
  );
  await expect(none.plan({ kind: "last" })).rejects.toThrow("keeps nothing");
});
