import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fillTemplate, findCustomCommands, parseCommandFile } from "../../src/chat/custom-commands.js";
import { makePlace } from "../harness.js";

test.each([
  ["Review $ARGUMENTS and $ARGUMENTS", "a $& b", "Review a $& b and a $& b"],
  ["Review it", "", "Review it"],
  ["Review it", "src", "Review it\n\nsrc"],
])("%j with %j", (template, argument, prompt) => {
  expect(fillTemplate(template, argument)).toBe(prompt);
});

test.each([
  ['---\ndescription: "look closely"\nother: 1\n---\nText\n', "look closely", "Text"],
  ["---\r\ndescription: x\r\n---\r\nText", "x", "Text"],
  ["Text\n---\ndescription: no\n---", undefined, "Text\n---\ndescription: no\n---"],
  ["---\nnever closed\nText", undefined, "---\nnever closed\nText"],
])("reads %j", (text, description, template) => {
  expect(parseCommandFile(text)).toEqual({ description, template });
});

test("finds those of the person and of the project, and nothing that only looks like one", async () => {
  const { home, project } = await makePlace();
  const own = join(home, ".scorpiox/commands");
  const theirs = join(project, ".claude/commands");
  await Promise.all([mkdir(own, { recursive: true }), mkdir(theirs, { recursive: true })]);
  await writeFile(join(home, "secret"), "a secret");
  await Promise.all([
    writeFile(join(own, "both.md"), "mine"),
    writeFile(join(theirs, "both.md"), "theirs"),
    writeFile(join(theirs, "Review.md"), "review"),
    writeFile(join(theirs, "a b.md"), "space"),
    writeFile(join(theirs, "\u202egnp.md"), "hidden"),
    writeFile(join(theirs, "large.md"), "x".repeat(64_001)),
    writeFile(join(theirs, "binary.md"), Buffer.from([0xff, 0x00])),
    writeFile(join(theirs, "empty.md"), "---\ndescription: d\n---\n"),
    mkdir(join(theirs, "folder.md")),
    symlink(join(home, "secret"), join(theirs, "link.md")),
  ]);
  const found = await findCustomCommands(project, home);
  expect(found.map(({ name, origin, template }) => [name, origin, template])).toEqual([
    ["both", "user", "mine"],
    ["review", "project", "review"],
  ]);
});
