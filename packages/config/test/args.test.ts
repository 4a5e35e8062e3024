import { UsageError } from "@scorpiox/sxutil";
import { describe, expect, it } from "vitest";
import { parseArgs } from "../src/args.js";

describe("parseArgs", () => {
  it.each<[argv: readonly string[], expected: object]>([
    [[], { kind: "help" }],
    [["get", "--help"], { kind: "help" }],
    [["-V"], { kind: "version" }],
    [["get", "MODEL"], { kind: "get", key: "MODEL" }],
    [["set", "MODEL", "a=b c"], { kind: "set", key: "MODEL", value: "a=b c" }],
    [["set", "MODEL", ""], { kind: "set", value: "" }],
    [["set", "OPENAI_API_KEY", "-"], { kind: "set", value: "-" }],
    [["set", "MODEL", "--", "--x"], { kind: "set", value: "--x" }],
    [["set", "--level", "project", "MODEL", "x"], { kind: "set", options: { tier: "project" } }],
    [["unset", "MODEL", "--tier=user"], { kind: "unset", options: { tier: "user" } }],
    [["list", "--json", "--show-source"], { kind: "list", options: { json: true, "show-origin": true } }],
  ])("reads %j", (argv, expected) => {
    expect(parseArgs(argv)).toMatchObject(expected);
  });

  it.each<[argv: readonly string[], message: RegExp]>([
    [["gett"], /unknown command "gett"; did you mean get/],
    [["constructor"], /unknown command "constructor"; see --help/],
    [["get"], /KEY is missing; write scorpiox-config get KEY/],
    [["set", "MODEL"], /VALUE is missing/],
    [["set", "MODEL", "two", "words"], /1 words too many.*quotes/],
    [["list", "x"], /too many/],
    [["set", "MODEL", "x", "--tier", "global"], /--tier/],
    [["get", "MODEL", "--tier", "user"], /--tier has no meaning for get/],
    [["set", "MODEL", "x", "--reveal"], /--reveal has no meaning for set/],
    [["set", "MODEL", "x", "--tier", "user", "--profile", "w"], /--profile writes to the profile tier/],
    [["list", "--jsn"], /--jsn.*--json/],
  ])("refuses %j", (argv, message) => {
    expect(() => parseArgs(argv)).toThrow(UsageError);
    expect(() => parseArgs(argv)).toThrow(message);
  });
});
