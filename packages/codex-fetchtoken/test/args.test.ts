import { describe, expect, it } from "vitest";
import { parseArgs } from "../src/args.js";

const DEFAULTS = {
  kind: "print",
  source: undefined,
  format: "json",
  minTtlMs: 0,
  timeoutMs: 30_000,
  verbose: false,
  gitAction: undefined,
};

describe("parseArgs", () => {
  it.each([
    [[], {}],
    [["-config"], {}],
    [["--config", "-v"], { verbose: true }],
    [["-local"], { source: "local" }],
    [["--source", "local", "-local"], { source: "local" }],
    [["--source=local"], { source: "local" }],
    [["-remote"], { source: "remote" }],
    [["-http"], { source: "remote" }],
    [["--source", "http", "-remote"], { source: "remote" }],
    [["-ssh"], { source: "ssh" }],
    [["--format", "token"], { format: "token" }],
    [["--min-ttl", "3600", "--timeout", "1.5"], { minTtlMs: 3_600_000, timeoutMs: 1_500 }],
    [["--format", "git-credential", "get"], { format: "git-credential", gitAction: "get" }],
    [["--format=git-credential", "erase"], { format: "git-credential", gitAction: "erase" }],
  ])("reads %j", (argv, expected) => {
    expect(parseArgs(argv)).toEqual({ ...DEFAULTS, ...expected });
  });

  it.each([
    [["login"], { kind: "login", browser: false, account: undefined, force: false, port: undefined }],
    [
      ["--force", "login", "--browser", "--name", "work", "--port", "0"],
      { kind: "login", browser: true, account: "work", force: true, port: 0 },
    ],
    [["status"], { kind: "status", account: undefined, json: false }],
    [["status", "--json", "--name=a.b_c-d"], { kind: "status", account: "a.b_c-d", json: true }],
    [["refresh", "--force"], { kind: "refresh", account: undefined, force: true, verbose: false }],
    [["logout", "--name", "work"], { kind: "logout", account: "work" }],
    [["completion", "zsh"], { kind: "completion", shell: "zsh" }],
  ])("reads %j", (argv, expected) => {
    expect(parseArgs(argv)).toEqual(expected);
  });

  it.each([[["--help"]], [["-h", "--format", "token"]]])("knows the call for help in %j", (argv) => {
    expect(parseArgs(argv)).toEqual({ kind: "help" });
  });

  it.each([
    [["--source", "ftp"], '--source cannot be "ftp"; choose local'],
    [["--source", "ssh", "-local"], '--source "ssh" and -local differ; give one of them'],
    [["-config", "-local"], "-config follows CODEX_TOKEN_SOURCE; give it or a source, not both"],
    [["--format", "xml"], '--format cannot be "xml"'],
    [["--min-ttl", "-1"], "--min-ttl"],
    [["--min-ttl", "soon"], '--min-ttl needs a number, not "soon"'],
    [["--min-ttl=1e99"], "--min-ttl cannot be 1e+99; give 0 or more, up to 31536000 seconds"],
    [["--timeout", "0"], "--timeout cannot be 0; give more than 0, up to 31536000 seconds"],
    [["token"], 'unexpected word "token"; did you mean --format token'],
    [["get"], 'unexpected word "get"; see --help'],
    [["--format", "git-credential", "get", "it"], 'unexpected word "get it"; see --help'],
    [["--verbos"], "--verbose"],
    [["logn"], 'unexpected word "logn"; did you mean login'],
    [["login", "now"], 'unexpected word "now" after login'],
    [["login", "--json"], "--json has no meaning for login; leave it out"],
    [["logout", "--force"], "--force has no meaning for logout"],
    [["status", "--format", "json"], "--format has no meaning for status"],
    [["--browser"], "--browser has no meaning for a call without a subcommand"],
    [["login", "--name", "../x"], '--name cannot be "../x"'],
    [["login", "--name", ".ssh"], "--name cannot be"],
    [["login", "--name", "a".repeat(65)], "--name cannot be"],
    [["login", "--name="], "--name cannot be"],
    [["login", "--port", "1455"], "--port belongs to --browser"],
    [["login", "--browser", "--port", "70000"], "--port cannot be 70000; give 0 to 65535"],
    [["completion"], "completion needs one shell: bash, zsh, fish"],
    [["completion", "csh"], "completion needs one shell"],
  ])("refuses %j", (argv, message) => {
    expect(() => parseArgs(argv)).toThrow(expect.objectContaining({ code: "usage", exitCode: 2 }) as Error);
    expect(() => parseArgs(argv)).toThrow(message);
  });
});
