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
    [["set", "MODEL", "x", "--tier", "environment"], /--tier/],
    [["profile"], /ACTION is missing/],
    [["profile", "lst"], /ACTION cannot be "lst"; choose list, show/],
    [["profile", "use"], /NAME is missing; write scorpiox-config profile use NAME/],
    [["profile", "use", "a", "b"], /words too many/],
    [["trust", "a", "b"], /trust takes one PATH/],
    [["check", "--yes"], /--yes has no meaning for check/],
    [["get", "MODEL", "--tier", "user"], /--tier has no meaning for get/],
    [["set", "MODEL", "x", "--reveal"], /--reveal has no meaning for set/],
    [["set", "MODEL", "x", "--tier", "user", "--profile", "w"], /--profile writes to the profile tier/],
    [["list", "--jsn"], /--jsn.*--json/],
  ])("refuses %j", (argv, message) => {
    expect(() => parseArgs(argv)).toThrow(UsageError);
    expect(() => parseArgs(argv)).toThrow(message);
  });

  it.each<[old: readonly string[], now: readonly string[]]>([
    [
      ["--get", "MODEL"],
      ["get", "MODEL"],
    ],
    [
      ["--set", "MODEL", "x"],
      ["set", "MODEL", "x"],
    ],
    [
      ["--set", "MODEL", "x", "--level", "project"],
      ["set", "MODEL", "x", "--tier", "project"],
    ],
    [
      ["--level", "project", "--set", "MODEL", "x"],
      ["set", "MODEL", "x", "--tier", "project"],
    ],
    [["--dump"], ["list"]],
    [
      ["--dump", "--show-source"],
      ["list", "--show-origin"],
    ],
    [
      ["--dump", "--level", "user"],
      ["list", "--tier", "user"],
    ],
    [["--files"], ["list", "--files"]],
    [["--verbose"], ["list", "--all", "--show-origin"]],
    [["--json"], ["list", "--json"]],
    [
      ["--json", "MODEL"],
      ["get", "MODEL", "--json"],
    ],
    [
      ["--json", "list"],
      ["list", "--json"],
    ],
  ])("takes %j of an older version as %j", (old, now) => {
    expect(parseArgs(old)).toEqual(parseArgs(now));
  });

  it("does not take a value for one of the old flags", () => {
    expect(parseArgs(["set", "MODEL", "--", "--get"])).toMatchObject({ kind: "set", value: "--get" });
  });
});
