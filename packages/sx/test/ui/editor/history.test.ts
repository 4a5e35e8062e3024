import { expect, test } from "vitest";
import { History } from "../../../src/ui/editor/history.js";
import { PromptSearch } from "../../../src/ui/editor/prompt-search.js";

test("up and down through the prompts, back to the draft", () => {
  const history = new History(["one", "two"]);
  expect([history.older("draft"), history.older("two"), history.older("one")]).toEqual(["two", "one", undefined]);
  expect([history.newer(), history.newer(), history.newer()]).toEqual(["two", "draft", undefined]);
  expect(history.older("other")).toBe("two");
  expect(history.newer()).toBe("other");
});

test("each prompt once, at its newest place; blank ones not at all", () => {
  const history = new History(["a", "b", "a"]);
  history.add("b");
  history.add(" ");
  expect(history.entries).toEqual(["a", "b"]);
});

test("prompts that are read late come before those of now, and one stays where one is", () => {
  const history = new History(["new"]);
  history.older("draft");
  history.addOlder(["old", "new"]);
  expect(history.entries).toEqual(["old", "new"]);
  expect(history.older("new")).toBe("old");
  expect([history.newer(), history.newer()]).toEqual(["new", "draft"]);
});

test("is bounded", () => {
  const history = new History(Array.from({ length: 3000 }, (_, index) => `p${index}`));
  expect(history.entries).toHaveLength(2000);
  expect(history.entries.at(-1)).toBe("p2999");
});

test.each([
  ["fix", "older", 4, 4],
  ["fix", "older", 3, 1],
  ["fix", "newer", 2, 4],
  ["fix", "newer", 5, undefined],
  ["Fix", "older", 4, 1],
  ["nothing", "older", 4, undefined],
  ["", "older", 4, undefined],
  ["fix", "older", -1, undefined],
] as const)("%j %s from %j finds %j", (query, way, from, index) => {
  const history = new History(["a", "Fix it", "b", "c", "please fix"]);
  expect(history.search(query, from, way)?.index).toBe(index);
});

test("a search narrows, goes on to older ones, and comes back", () => {
  const search = new PromptSearch(new History(["build x", "test", "build y"]));
  for (const character of "build") search.type(character);
  expect(search.match?.text).toBe("build y");
  search.next("older");
  expect(search.match?.text).toBe("build x");
  search.next("older");
  expect(search.match?.text).toBe("build x");
  search.next("newer");
  expect(search.match?.text).toBe("build y");
  search.type(" x");
  expect(search.match?.text).toBe("build x");
  search.type("!");
  expect(search.match).toBeUndefined();
  search.erase();
  expect([search.query, search.match?.at]).toEqual(["build x", 0]);
});
