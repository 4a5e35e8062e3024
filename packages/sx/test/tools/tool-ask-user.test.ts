import { afterEach, beforeEach, expect, test } from "vitest";
import type { AskUser } from "../../src/tools/ask-user.js";
import { createAskUserTool } from "../../src/tools/tool-ask-user.js";
import { call, FileWorkspace } from "../files/file-workspace.js";
import { makePlace, openSim, runSx } from "../harness.js";

let space: FileWorkspace;
beforeEach(() => {
  space = new FileWorkspace();
});
afterEach(() => {
  space.remove();
});

const questions = [{ question: "Which one?", options: ["a", "b"] }, { question: "And why?" }];

test("the answers go back beside their questions", async () => {
  const askUser: AskUser = async (asked) => asked.map(({ options }) => options[1]);
  const tool = createAskUserTool({ ...space.context, askUser });
  expect((await call(tool, { questions })).text).toBe("Which one?\nAnswer: b\n\nAnd why?\n(not answered)");
  expect(tool.summary({ questions })).toBe("Which one? (and 1 more)");
});

test("without a person the model is told at once", async () => {
  const place = await makePlace();
  const sim = await openSim({
    turns: [
      { reply: [{ tool_use: { name: "ask_user", input: { questions } } }] },
      { expect: { toolResults: [{ contains: "nobody can be asked" }] }, reply: [{ text: "I assume a." }] },
    ],
  });
  const { stdout } = await runSx(["-p", "q", "--approval-mode", "all"], { place, env: sim.env, stdin: "" });
  expect([sim.violations, stdout]).toEqual([[], "I assume a.\n"]);
});

test.each([[[]], [[1, 2, 3, 4, 5].map(() => ({ question: "?" }))]])("one to four questions, not %j", async (wrong) => {
  const place = await makePlace();
  const sim = await openSim({
    turns: [
      { reply: [{ tool_use: { name: "ask_user", input: { questions: wrong } } }] },
      { expect: { toolResults: [{ contains: "nothing was run" }] }, reply: [{ text: "ok" }] },
    ],
  });
  await runSx(["-p", "q"], { place, env: sim.env, stdin: "" });
  expect(sim.violations).toEqual([]);
});
