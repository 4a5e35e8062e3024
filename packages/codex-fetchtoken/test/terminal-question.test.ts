import { getEventListeners } from "node:events";
import { PassThrough } from "node:stream";
import type { Io } from "@scorpiox/sxutil";
import { expect, test } from "vitest";
import { terminalQuestion } from "../src/terminal-question.js";

function terminal(isTTY = true) {
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => undefined });
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const stdout = new PassThrough();
  const controller = new AbortController();
  const io: Io = { stdin, stdout, stderr, env: {}, cwd: "/", home: "/", signal: controller.signal };
  return {
    io,
    controller,
    type: (keys: string) => stdin.write(keys),
    shown: () => String(stderr.read() ?? ""),
    stdout,
  };
}

const PASSWORD = { text: "Password: ", secret: true };
const HOST = { text: "Trust it? ", secret: false };

test("without a terminal nothing is asked", () => {
  expect(terminalQuestion(terminal(false).io)).toBeUndefined();
});

test.each([
  { question: HOST, keys: "yes\r", answer: "yes" },
  { question: PASSWORD, keys: "hunter2\r", answer: "hunter2" },
  { question: HOST, keys: "\u0003", answer: undefined },
  { question: HOST, keys: "\u0004", answer: undefined },
])("$question.text $keys", async ({ question, keys, answer }) => {
  const { io, controller, type, shown, stdout } = terminal();
  const asked = terminalQuestion(io)?.(question, controller.signal);
  type(keys);
  expect(await asked).toBe(answer);
  const text = shown();
  expect(text).toContain(question.text);
  expect(text).not.toContain("hunter2");
  expect(stdout.read()).toBeNull();
});

test("an abort ends the question and leaves nothing behind", async () => {
  const { io, controller } = terminal();
  const asked = terminalQuestion(io)?.(PASSWORD, controller.signal);
  const reason = new Error("over");
  setImmediate(() => controller.abort(reason));
  await expect(asked).rejects.toBe(reason);
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
});
