import { expect, it } from "vitest";
import { createToolContext } from "../../src/tools/create-tool-context.js";

const contextOf = (env: Record<string, string>, settings: Record<string, string> = {}) =>
  createToolContext({
    workspace: "/work",
    scratch: () => Promise.resolve("/tmp/x"),
    io: { env, home: "/home/u" },
    settings,
  });

it("names our own folders as places of credentials, wherever they are", () => {
  expect(contextOf({}).credentialPaths).toEqual([
    "/home/u/.scorpiox",
    "/home/u/.scorpiox",
    "/home/u/.cache/scorpiox",
    "/etc/scorpiox",
  ]);
  const env = { SCORPIOX_HOME: "/srv/sx", XDG_CACHE_HOME: "/srv/cache", SCORPIOX_GLOBAL_DIR: "/srv/all" };
  const moved = contextOf(env).credentialPaths;
  expect(moved).toEqual(["/srv/sx", "/home/u/.scorpiox", "/srv/cache/scorpiox", "/srv/all"]);
});

it("names the files that the settings and the whole environment name, which commands do not see", () => {
  const context = contextOf(
    { CODEX_HOME: "/data/codex", CLAUDE_CONFIG_DIR: "/data/claude", GNUPGHOME: "/data/gpg" },
    {
      CODEX_CREDENTIALS_FILE: "/data/login.json",
      CODEX_SSH_KEY: "/data/key",
      CLAUDE_CODE_SSH_KEY: "/data/key-2",
      SX_CLIENT_KEY: "/data/key-3",
    },
  );
  expect(context.credentialPaths).toEqual(
    expect.arrayContaining([
      "/data/codex/auth.json",
      "/data/claude/.credentials.json",
      "/data/gpg",
      "/data/login.json",
      "/data/key",
      "/data/key-2",
      "/data/key-3",
    ]),
  );
  expect(context.env).not.toHaveProperty("CODEX_HOME");
  expect(context.home).toBe("/home/u");
});

it("gives each run its own jobs", () => {
  expect(contextOf({}).jobs).not.toBe(contextOf({}).jobs);
});
