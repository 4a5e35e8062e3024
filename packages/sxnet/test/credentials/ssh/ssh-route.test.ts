import { describe, expect, it } from "vitest";
import { LOGIN_VENDORS } from "../../../src/credentials/login-vendor.js";
import { readSshWish } from "../../../src/credentials/ssh/ssh-route.js";

const PIN = `SHA256:${"A".repeat(43)}`;
const read = (settings: Record<string, string>) =>
  readSshWish({ settings: { CODEX_SSH_HOST: "build", ...settings }, home: "/home/me" });

describe("readSshWish", () => {
  it("needs a host and nothing else", () => {
    expect(read({ CODEX_SSH_PORT: "22", CODEX_SSH_STRICT: "yes", CODEX_SSH_PASS: "", CODEX_SSH_USER: "" })).toEqual({
      vendor: LOGIN_VENDORS.codex,
      host: "build",
      policy: "yes",
    });
  });

  it("names a missing host before everything else", () => {
    for (const settings of [{}, { CODEX_SSH_HOST: "" }, { CODEX_SSH_PORT: "x" }]) {
      const reading = () => readSshWish({ settings, home: "/home/me" });
      expect(reading).toThrow("CODEX_SSH_HOST is not set; name the machine whose login is to be used");
    }
  });

  it.each([
    [{ CODEX_SSH_HOST: "[::1]" }, { host: "::1" }],
    [{ CODEX_SSH_PORT: "2222" }, { port: 2222 }],
    [{ CODEX_SSH_KEY: "~/k" }, { keyFile: "/home/me/k" }],
    [{ CODEX_SSH_KNOWN_HOSTS: "/k" }, { knownHosts: "/k" }],
    [{ CODEX_SSH_PATH: "~/a/b.json" }, { path: "a/b.json" }],
    [{ CODEX_SSH_PATH: "/a" }, { path: "/a" }],
    [{ CODEX_SSH_HOST_KEY: `${PIN}=` }, { pinned: PIN }],
    [{ CODEX_SSH_STRICT: "ask" }, { policy: "ask" }],
  ])("reads %j", (settings, wish) => {
    expect(read(settings)).toMatchObject(wish);
  });

  it.each([
    [{ CODEX_SSH_HOST: "-oProxyCommand=id" }, 'CODEX_SSH_HOST is "-oProxyCommand=id"; give a name'],
    [{ CODEX_SSH_HOST: "me@build" }, "CODEX_SSH_USER"],
    [{ CODEX_SSH_HOST: "build:2222" }, "CODEX_SSH_PORT"],
    [{ CODEX_SSH_HOST: "a\u001b[2J" }, "\\u001b"],
    [{ CODEX_SSH_USER: "-x" }, 'CODEX_SSH_USER is "-x"'],
    [{ CODEX_SSH_PORT: "0" }, 'CODEX_SSH_PORT is "0"; give a number from 1 to 65535'],
    [{ CODEX_SSH_STRICT: "no" }, 'CODEX_SSH_STRICT is "no"; choose yes, ask or accept-new'],
    [{ CODEX_SSH_KEY: "k" }, 'CODEX_SSH_KEY is "k"; give an absolute path'],
    [{ CODEX_SSH_KNOWN_HOSTS: "k" }, 'CODEX_SSH_KNOWN_HOSTS is "k"; give an absolute path'],
    [{ CODEX_SSH_HOST_KEY: "MD5:00" }, 'CODEX_SSH_HOST_KEY is "MD5:00"; give SHA256:'],
    [{ CODEX_SSH_PATH: "~other/a" }, 'CODEX_SSH_PATH is "~other/a"'],
    [{ CODEX_SSH_PATH: "a\nb" }, "CODEX_SSH_PATH is"],
  ])("refuses %j", (settings, message) => {
    expect(() => read(settings)).toThrow(message);
    expect(() => read(settings)).toThrow(expect.objectContaining({ code: "configuration", exitCode: 52 }));
  });

  it("reads another vendor's keys, and names those alone", () => {
    const readClaude = (settings: Record<string, string>) =>
      readSshWish({ vendor: "claude_code", settings: { CODEX_SSH_HOST: "no", ...settings }, home: "/home/me" });
    const settings = { CLAUDE_CODE_SSH_HOST: "build", CLAUDE_CODE_SSH_PORT: "2222", CLAUDE_CODE_SSH_PATH: "/a" };
    expect(readClaude(settings)).toEqual({
      vendor: LOGIN_VENDORS.claude_code,
      host: "build",
      port: 2222,
      path: "/a",
      policy: "yes",
    });
    const values = {
      HOST: "me@x",
      USER: "-x",
      PORT: "0",
      STRICT: "no",
      KEY: "k",
      HOST_KEY: "x",
      PATH: "~o",
      KNOWN_HOSTS: "k",
    };
    for (const [name, value] of Object.entries(values)) {
      const reading = () => readClaude({ ...settings, [`CLAUDE_CODE_SSH_${name}`]: value });
      expect(reading).toThrow(`CLAUDE_CODE_SSH_${name} is ${JSON.stringify(value)}`);
      expect(reading).not.toThrow(/CODEX/u);
    }
    expect(() => readClaude({})).toThrow("CLAUDE_CODE_SSH_HOST is not set");
  });
});
