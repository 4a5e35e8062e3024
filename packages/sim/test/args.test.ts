import { describe, expect, it } from "vitest";
import { parseArgs } from "../src/args.js";

describe("parseArgs", () => {
  it.each([
    [["--help"], { kind: "help" }],
    [["--version"], { kind: "version" }],
    [["--script", "a"], { kind: "run", source: { kind: "script", path: "a" }, port: 0, command: [] }],
    [
      ["--script=a", "--port", "80", "--log", "l", "--", "sx", "--help", "--"],
      { kind: "run", source: { kind: "script", path: "a" }, port: 80, log: "l", command: ["sx", "--help", "--"] },
    ],
    [
      ["--record", "r", "--upstream", "https://x"],
      { kind: "run", source: { kind: "record", path: "r", upstream: "https://x" }, port: 0, command: [] },
    ],
    [
      ["--replay", "r", "--realtime"],
      { kind: "run", source: { kind: "replay", path: "r", realtime: true }, port: 0, command: [] },
    ],
  ])("%j", (argv, args) => {
    expect(parseArgs(argv)).toEqual(args);
  });

  it.each([
    [[], "give one of --script, --record and --replay"],
    [["--script", "a", "--replay", "b"], "give one of --script, --record and --replay"],
    [["--record", "r"], "--record and --upstream go together"],
    [["--script", "a", "--upstream", "u"], "--record and --upstream go together"],
    [["--script", "a", "--realtime"], "--realtime goes with --replay"],
    [["--script", "a", "sx"], 'unexpected argument "sx"; a command to run goes after --'],
    [["--script", "a", "--port", "70000"], "--port is 70000; give a whole number from 0 to 65535"],
    [["--scrip", "a"], "did you mean --script?"],
  ])("refuses %j", (argv, message) => {
    expect(() => parseArgs(argv)).toThrow(message);
  });
});
