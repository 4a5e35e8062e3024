import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { promptText, readPromptContent } from "../../src/chat/prompt-content.js";
import { makePlace } from "../harness.js";
import { tool } from "./fake-chat.js";

test("what a person said is found again in what was sent, without the files that went along", async () => {
  const { home, project } = await makePlace();
  await writeFile(join(project, "notes.txt"), "some notes\n");
  const read = { ...tool("read", "read"), run: () => Promise.resolve("1\tsome notes") };
  const sources = {
    cwd: project,
    home,
    tools: [read],
    signal: new AbortController().signal,
    readImageLimits: () => Promise.resolve(undefined),
  };
  const content = await readPromptContent("what of @notes.txt?\nand more", [], sources);
  expect(content).toHaveLength(2);
  expect(JSON.stringify(content)).toContain("some notes");
  expect(promptText(content)).toBe("what of @notes.txt?\nand more");
});
