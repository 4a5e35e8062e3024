import { expect, test } from "vitest";
import { clipboardRequest } from "../../src/ui/clipboard.js";

test.each([
  ["a terminal", { TERM: "xterm" }, "\u001b]52;c;aGk=\u0007"],
  [
    "tmux, which is asked itself and passes it on",
    { TERM: "tmux-256color", TMUX: "/tmp/x" },
    "\u001b]52;c;aGk=\u0007\u001bPtmux;\u001b\u001b]52;c;aGk=\u0007\u001b\\",
  ],
  ["the console of the kernel", { TERM: "linux" }, undefined],
  ["a dumb one", { TERM: "dumb" }, undefined],
  ["none", {}, undefined],
])("%s", (_name, env, request) => {
  expect(clipboardRequest("hi", env)).toBe(request);
});

test("a text that terminals would cut is not asked for", () => {
  expect(clipboardRequest("x".repeat(56_244), { TERM: "xterm" })).toBeDefined();
  expect(clipboardRequest("x".repeat(56_246), { TERM: "xterm" })).toBeUndefined();
});
