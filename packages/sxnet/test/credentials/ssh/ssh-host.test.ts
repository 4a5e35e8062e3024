import { describe, expect, it } from "vitest";
import {
  describePlace,
  isHostName,
  isUserName,
  parseJumps,
  parsePlace,
  parsePort,
} from "../../../src/credentials/ssh/ssh-host.js";

describe("isHostName", () => {
  it.each(["a", "a.example", "10.0.0.1", "::1", "fe80::1%eth0", "host_1", "xn--bcher-kva.example"])(
    "takes %s",
    (text) => {
      expect(isHostName(text)).toBe(true);
    },
  );

  it.each([
    "",
    "-oProxyCommand=id",
    "--",
    "-",
    "a b",
    "a;id",
    "$(id)",
    "`id`",
    "a\nb",
    "a\0",
    "me@a",
    "a:22",
    "a/b",
    "../a",
    "%h",
    "bücher.example",
    "a*",
    "!a",
    "a,b",
    "\u001b[2J",
    "a".repeat(254),
    "::1%",
    "::1;id",
  ])("refuses %j", (text) => {
    expect(isHostName(text)).toBe(false);
  });
});

it.each([
  ["me", true],
  ["DOMAIN\\me", true],
  ["me@corp", true],
  ["-l", false],
  ["a b", false],
  ["a\u001bb", false],
  ["", false],
])("isUserName(%j) is %s", (text, is) => {
  expect(isUserName(text)).toBe(is);
});

it.each([
  ["22", 22],
  ["65535", 65_535],
  ["0", undefined],
  ["65536", undefined],
  ["-1", undefined],
  ["2 2", undefined],
  ["", undefined],
  ["1e3", undefined],
])("parsePort(%j) is %s", (text, port) => {
  expect(parsePort(text)).toBe(port);
});

describe("parsePlace", () => {
  it.each([
    ["a", { host: "a" }],
    ["me@a", { user: "me", host: "a" }],
    ["me@corp@a", { user: "me@corp", host: "a" }],
    ["a:2222", { host: "a", port: 2222 }],
    ["me@[::1]:2222", { user: "me", host: "::1", port: 2222 }],
    ["::1", { host: "::1" }],
    ["ssh://me@a:2222/", { user: "me", host: "a", port: 2222 }],
  ])("reads %s", (text, place) => {
    expect(parsePlace(text)).toEqual(place);
  });

  it.each(["", "a:", "a:0", "a:99999", "-a", "me@", "@a", "a/b", "-oProxyCommand=id@a", "[::1"])(
    "refuses %j",
    (text) => {
      expect(parsePlace(text)).toBeUndefined();
    },
  );
});

it("shows a place as it is typed", () => {
  expect(describePlace({ host: "a", user: "me", port: 22 })).toBe("me@a");
  expect(describePlace({ host: "::1", port: 2222 })).toBe("[::1]:2222");
});

it("reads a list of jumps, or says what is wrong with it", () => {
  expect(parseJumps("none")).toEqual([]);
  expect(parseJumps("me@a:1, b")).toEqual([{ user: "me", host: "a", port: 1 }, { host: "b" }]);
  expect(() => parseJumps("a,-oProxyCommand=id")).toThrow(
    'ProxyJump in the SSH configuration is "a,-oProxyCommand=id"',
  );
});
