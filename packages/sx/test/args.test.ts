import { UsageError } from "@scorpiox/sxutil";
import { describe, expect, test } from "vitest";
import { outputFormat, parseArgs } from "../src/args.js";

describe("what is meant", () => {
  test.each([
    { argv: [], want: { kind: "run", prompt: undefined, readsStdin: false } },
    { argv: ["fix", "the", "test"], want: { kind: "run", prompt: "fix the test" } },
    { argv: ["-p", "why?"], want: { kind: "run", prompt: "why?", options: { print: true } } },
    { argv: ["why?", "-p"], want: { kind: "run", prompt: "why?", options: { print: true } } },
    { argv: ["-p", "review", "-"], want: { kind: "run", prompt: "review", readsStdin: true } },
    { argv: ["-p", "--", "-v is what?"], want: { kind: "run", prompt: "-v is what?" } },
    { argv: ["-p", "1e3"], want: { kind: "run", prompt: "1e3" } },
    { argv: ["demo"], want: { kind: "demo" } },
    { argv: ["-p", "demo"], want: { kind: "run", prompt: "demo" } },
    { argv: ["models"], want: { kind: "models" } },
    { argv: ["sessions"], want: { kind: "sessions", action: "list", ids: [] } },
    { argv: ["sessions", "show", "abc"], want: { kind: "sessions", action: "show", ids: ["abc"] } },
    {
      argv: ["sessions", "delete", "a", "b", "-y"],
      want: { action: "delete", ids: ["a", "b"], options: { yes: true } },
    },
    { argv: ["sessions are broken"], want: { kind: "run", prompt: "sessions are broken" } },
    { argv: ["-p", "sessions"], want: { kind: "run", prompt: "sessions" } },
    { argv: ["-c", "go on"], want: { kind: "run", prompt: "go on", options: { continue: true } } },
    { argv: ["--no-session", "q"], want: { kind: "run", options: { session: false } } },
    { argv: ["demo", "time"], want: { kind: "run", prompt: "demo time" } },
    { argv: ["--help", "--max-turns", "0"], want: { kind: "help" } },
    { argv: ["-V"], want: { kind: "version" } },
    { argv: ["-e", "A=1", "-e", "B=x=y", "q"], want: { options: { set: ["A=1", "B=x=y"] } } },
  ])("$argv", ({ argv, want }) => {
    expect(parseArgs(argv)).toMatchObject(want);
  });
});

describe("what is refused", () => {
  test.each([
    { argv: ["--modle", "x"], says: "--model" },
    { argv: ["--model"], says: "--model" },
    { argv: ["--max-turns", "0"], says: "--max-turns is 0" },
    { argv: ["--max-turns", "2.5"], says: "whole number" },
    { argv: ["--timeout", "-1"], says: "--timeout" },
    { argv: ["--approval-mode", "yolo"], says: "plan" },
    { argv: ["sessions", "lst"], says: "did you mean list" },
    { argv: ["sessions", "show"], says: "an id is missing" },
    { argv: ["sessions", "show", "a", "b"], says: 'unexpected word "b"' },
    { argv: ["sessions", "list", "a"], says: 'unexpected word "a"' },
    { argv: ["-r"], says: "-r needs a value ID" },
    { argv: ["q", "--all"], says: "--all belongs to sx sessions" },
    { argv: ["--json", "--output-format", "text"], says: "one of the two" },
  ])("$argv", ({ argv, says }) => {
    expect(() => parseArgs(argv)).toThrow(UsageError);
    expect(() => parseArgs(argv)).toThrow(says);
  });
});

test("--json is short for stream-json", () => {
  const formats = [[], ["--json"], ["--output-format", "json"]].map((argv) => {
    const args = parseArgs([...argv, "q"]);
    return args.kind === "run" ? outputFormat(args.options) : undefined;
  });
  expect(formats).toEqual(["text", "stream-json", "json"]);
});

test.each([
  { argv: ["--timeout", "0"], says: "--timeout is 0" },
  { argv: ["--timeout", "9999999"], says: "at most 2147483" },
  { argv: ["--max-cost", "0"], says: "--max-cost is 0" },
  { argv: ["--max-turns", "1.5"], says: "--max-turns is 1.5" },
])("$argv is refused", ({ argv, says }) => {
  expect(() => parseArgs(["-p", "q", ...argv])).toThrow(says);
});
