import type { ToolUseBlock } from "@scorpiox/sxnet";
import { describe, expect, test } from "vitest";
import { ApprovalRules, ruleOf } from "../../src/chat/approval-rules.js";
import type { SxTool } from "../../src/tools/tool-context.js";

const tool = (access: SxTool["access"]): SxTool => ({
  name: "any",
  description: "",
  inputSchema: {},
  access,
  run: () => Promise.resolve(""),
  summary: () => "",
  ...(access === "write" ? { writes: (input) => [`/w/${String(input["path"])}`] } : {}),
});
const call = (name: string, input: ToolUseBlock["input"]): ToolUseBlock => ({ type: "tool_use", id: "1", name, input });

describe("always", () => {
  const allowed = new ApprovalRules();
  allowed.add(ruleOf(call("bash", { command: "npm test", workdir: "a" }), tool("execute"), "/work"));
  allowed.add(ruleOf(call("edit", { path: "a.ts", edits: [1] }), tool("write"), "/work"));
  allowed.add(ruleOf(call("fetch", { b: { y: 1, x: 2 }, a: 1 }), tool("execute"), "/work"));

  test.each([
    ["the same", "bash", { command: "npm test", workdir: "a" }, "execute", true],
    ["another time limit", "bash", { workdir: "a", command: "npm test", timeout_seconds: 9 }, "execute", true],
    ["a longer command", "bash", { command: "npm test && rm -rf /", workdir: "a" }, "execute", false],
    ["a shorter one", "bash", { command: "npm", workdir: "a" }, "execute", false],
    ["another space", "bash", { command: "npm  test", workdir: "a" }, "execute", false],
    ["another folder", "bash", { command: "npm test" }, "execute", false],
    ["another input", "bash", { command: "npm test", workdir: "a", env: "X" }, "execute", false],
    ["another edit of the file", "edit", { path: "a.ts", edits: [2] }, "write", true],
    ["another file", "edit", { path: "a.tsx", edits: [1] }, "write", false],
    ["another tool on the file", "write", { path: "a.ts", edits: [1] }, "write", false],
    ["another order of keys", "fetch", { a: 1, b: { x: 2, y: 1 } }, "execute", true],
    ["another value deep down", "fetch", { a: 1, b: { x: 2, y: 2 } }, "execute", false],
  ] as const)("%s", (_name, name, input, access, expected) => {
    expect(allowed.allows(ruleOf(call(name, input), tool(access), "/work"))).toBe(expected);
  });

  test("the same command in another working folder is another one", () => {
    const sameCall = call("bash", { command: "npm test", workdir: "a" });
    expect(allowed.allows(ruleOf(sameCall, tool("execute"), "/elsewhere"))).toBe(false);
  });

  test("ends with its session", () => {
    const rules = new ApprovalRules();
    const rule = ruleOf(call("bash", { command: "npm test" }), tool("execute"), "/work");
    rules.enter("one");
    rules.add(rule);
    rules.enter("one");
    expect(rules.allows(rule)).toBe(true);
    rules.enter("two");
    expect(rules.allows(rule)).toBe(false);
  });

  test("says what it allows", () => {
    expect(allowed.all.map(({ words }) => words)).toEqual([
      "bash with exactly: npm test in a",
      "edit of /w/a.ts",
      'fetch with exactly: {"b":{"y":1,"x":2},"a":1}',
    ]);
  });
});

test.each([
  ["/work/src/a.ts", "edit of src/a.ts"],
  ["/elsewhere/a.ts", "edit of /elsewhere/a.ts"],
  ["/work2/a.ts", "edit of /work2/a.ts"],
])("a file %s is shown from the working folder where it is in it", (path, words) => {
  const edit = { ...tool("write"), writes: () => [path] };
  expect(ruleOf(call("edit", {}), edit, "/work").words).toBe(words);
});
