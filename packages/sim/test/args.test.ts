import { describe, expect, it } from "vitest";
import { parseArgs, SPEC } from "../src/args.js";

describe("parseArgs", () => {
  it.each([
    [["--help"], { kind: "help", of: SPEC }],
    [["--version"], { kind: "version" }],
    [["--script", "a"], { kind: "run", source: { kind: "script", path: "a" }, authority: false, port: 0, command: [] }],
    [
      ["--script=a", "--port", "80", "--log", "l", "--", "sx", "--help", "--"],
      {
        kind: "run",
        source: { kind: "script", path: "a" },
        authority: false,
        port: 80,
        log: "l",
        command: ["sx", "--help", "--"],
      },
    ],
    [
      ["--record", "r", "--upstream", "https://x"],
      {
        kind: "run",
        source: { kind: "record", path: "r", upstream: "https://x" },
        authority: false,
        port: 0,
        command: [],
      },
    ],
    [
      ["--replay", "r", "--realtime"],
      { kind: "run", source: { kind: "replay", path: "r", realtime: true }, authority: false, port: 0, command: [] },
    ],
    [
      ["--script", "a", "--authority"],
      { kind: "run", source: { kind: "script", path: "a" }, authority: true, port: 0, command: [] },
    ],
    [["authority"], { kind: "authority", port: 0, settings: {}, command: [] }],
    [
      ["authority", "--life=-60", "--settings", '{"graceMs":5}', "--port", "8", "--log", "l", "--", "sx", "-p"],
      { kind: "authority", lifeMs: -60_000, port: 8, log: "l", settings: { graceMs: 5 }, command: ["sx", "-p"] },
    ],
    [["token-server"], { kind: "token-server", port: 0, settings: {}, command: [] }],
    [
      ["token-server", "--api-key", "k", "--cert", "c", "--key", "p"],
      { kind: "token-server", apiKey: "k", certificate: { cert: "c", key: "p" }, port: 0, settings: {}, command: [] },
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
    [["--record", "r", "--upstream", "u", "--authority"], "--authority goes with --script or --replay"],
    [["authority", "sx"], 'unexpected argument "sx"; a command to run goes after --'],
    [["authority", "--script", "a"], 'unknown option "--script"'],
    [["authority", "--settings", "{"], "--settings is no JSON: "],
    [["token-server", "--port=-1"], "--port is -1; give a whole number from 0 to 65535"],
    [["token-server", "--cert", "c"], "--cert and --key go together"],
    [["--scrip", "a"], "did you mean --script?"],
  ])("refuses %j", (argv, message) => {
    expect(() => parseArgs(argv)).toThrow(message);
  });
});
