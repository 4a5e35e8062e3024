import { expect, test } from "vitest";
import { notification, readNotify } from "../../src/chat/notify.js";

test.each([
  [{}, {}, "bell"],
  [{}, { CI: "true" }, "off"],
  [{ SX_NOTIFY: "desktop" }, { CI: "true" }, "desktop"],
  [{ SX_NOTIFY: "off" }, {}, "off"],
] as const)("%j in %j", (settings, env, expected) => {
  expect(readNotify(settings, env)).toBe(expected);
});

test.each([
  ["off", {}, ""],
  ["bell", {}, "\u0007"],
  ["desktop", { TERM: "xterm-kitty" }, "\u001b]9;done\u0007"],
  ["desktop", { TERM: "rxvt-unicode" }, "\u001b]777;notify;sx;done\u0007"],
  ["desktop", { TMUX: "/tmp/x" }, "\u001bPtmux;\u001b\u001b]9;done\u0007\u001b\\\u0007"],
] as const)("%s in %j", (how, env, bytes) => {
  expect(notification(how, "done", env)).toBe(bytes);
});
