import { expect, test } from "vitest";
import { FileRanking } from "../../../src/ui/editor/file-ranking.js";

const none = new AbortController().signal;
const PATHS = Array.from({ length: 9000 }, (_, index) => `folder${index % 7}/file-${index}.ts`);

test("the best of a long list come first, and others may run while it is made ready", async () => {
  let pauses = 0;
  const ranking = new FileRanking([...PATHS, "src/ui/needle.ts", "needle.ts"], async () => {
    pauses += 1;
    await Promise.resolve();
  });
  expect(await ranking.search("needle", 3, none)).toEqual(["needle.ts", "src/ui/needle.ts"]);
  expect(pauses).toBe(3);
  expect(await ranking.search("file", 5, none)).toHaveLength(5);
  expect(pauses).toBe(3);
});

test("without a query the top is shown", async () => {
  const ranking = new FileRanking(["b/", "b/c.ts", "b/d/", "a.ts"], () => Promise.resolve());
  expect(await ranking.search(" ", 5, none)).toEqual(["a.ts", "b/"]);
});

test("stops when nobody waits any more", async () => {
  const abort = new AbortController();
  const reason = new Error("over");
  const ranking = new FileRanking(PATHS, () => {
    abort.abort(reason);
    return Promise.resolve();
  });
  await expect(ranking.search("file", 5, abort.signal)).rejects.toBe(reason);
});
