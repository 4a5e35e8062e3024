import { expect, test } from "vitest";
import { describeAnswers } from "../../src/doctor/examine-answers.js";
import { describeClock } from "../../src/doctor/examine-network.js";
import { describeNode } from "../../src/doctor/examine-program.js";
import { describeRoom } from "../../src/doctor/examine-storage.js";

test.each([
  ["v20.18.3", "error"],
  ["v18.20.0", "error"],
  ["v20.19.0", "ok"],
  ["v22.0.0", "ok"],
])("node %s is %s", (version, level) => {
  expect(describeNode(version).level).toBe(level);
});

test.each([
  [5 * 1024 * 1024, "error", "5 MiB free for ~"],
  [50 * 1024 * 1024, "warning", "50 MiB free for ~"],
  [3 * 1024 ** 3, "ok", "3.0 GiB free for ~"],
])("%d bytes are %s", (free, level, text) => {
  expect(describeRoom(free, "~")).toMatchObject({ level, text });
});

test.each([
  ["\u001b[?2026;2$y\u001b[?1u\u001b[?62c", "ok", "synchronized output: yes, kitty keys: yes"],
  ["\u001b[?2026;0$y\u001b[?62c", "ok", "synchronized output: no, kitty keys: no"],
  ["\u001b[?6c", "ok", "synchronized output: no, kitty keys: no"],
  ["typed", "skipped", "none: the terminal does not say what it can do"],
])("the answer %j", (answer, level, text) => {
  expect(describeAnswers(answer)).toMatchObject({ level, text });
});

test.each([
  [undefined, "skipped"],
  [20_000, "ok"],
  [-299_000, "ok"],
  [-301_000, "warning"],
  [7_200_000, "warning"],
])("a clock that is off by %s ms is %s", (skewMs, level) => {
  const probe = { reached: true, place: "x", status: 200, tookMs: 1 } as const;
  expect(describeClock([skewMs === undefined ? probe : { ...probe, skewMs }]).level).toBe(level);
});
