import { expect, test } from "vitest";
import { parseTyped } from "../../src/chat/parse-slash.js";

test.each([
  ["hello", { kind: "prompt", text: "hello" }],
  ["/help", { kind: "slash", name: "help", argument: "" }],
  ["  /model  gpt-5.5 ", { kind: "slash", name: "model", argument: "gpt-5.5" }],
  ["/x one\ntwo", { kind: "slash", name: "x", argument: "one\ntwo" }],
  ["//help is what I type", { kind: "prompt", text: "/help is what I type" }],
  ["/usr/bin is a folder", { kind: "prompt", text: "/usr/bin is a folder" }],
  ["/ alone", { kind: "prompt", text: "/ alone" }],
  ["!ls -la", { kind: "shell", command: "ls -la" }],
  ["!", { kind: "prompt", text: "!" }],
  ["~ later", { kind: "later", text: "later" }],
  ["~later", { kind: "later", text: "later" }],
  ["~/notes.md is what", { kind: "prompt", text: "~/notes.md is what" }],
  ["~", { kind: "prompt", text: "~" }],
] as const)("%j", (text, typed) => {
  expect(parseTyped(text)).toEqual(typed);
});
