import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { isCredentialPresent, tokenSourceOf } from "../../src/credentials/presence.js";
import type { VendorName } from "../../src/credentials/login-vendor.js";
import type { Settings } from "../../src/types.js";
import { claudeLogin } from "./logins.js";

let home: string;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), "sx-presence-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  home = folder;
});

async function put(name: string, text: string): Promise<void> {
  const path = join(home, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode: 0o600 });
  await chmod(path, 0o600);
}

const present = (vendor: VendorName, settings: Settings = {}): Promise<boolean> =>
  isCredentialPresent({ vendor, settings, home, env: {} });

it("is nowhere in an empty home", async () => {
  expect([await present("codex"), await present("claude_code")]).toEqual([false, false]);
});

it("is a login in a file, each vendor's own", async () => {
  await put(".codex/auth.json", JSON.stringify({ tokens: { access_token: "a" } }));
  expect([await present("codex"), await present("claude_code")]).toEqual([true, false]);
  await put(".scorpiox/claude-auth.json", JSON.stringify(claudeLogin({ accessToken: "b" })));
  expect(await present("claude_code")).toBe(true);
});

it("is not a file of the client that holds no login", async () => {
  await put(".codex/auth.json", JSON.stringify({ OPENAI_API_KEY: "k", tokens: null }));
  expect(await present("codex")).toBe(false);
});

it("is a broken file as well: whoever asks for it must see why", async () => {
  await put(".scorpiox/codex-auth.json", "{");
  expect(await present("codex")).toBe(true);
});

it.each<[VendorName, Settings]>([
  ["codex", { CODEX_TOKEN_SOURCE: "remote" }],
  ["codex", { CODEX_TOKEN_SOURCE: "ssh" }],
  ["claude_code", { CLAUDE_CODE_TOKEN_SOURCE: "ssh" }],
  ["claude_code", { CLAUDE_CODE_OAUTH_TOKEN: "t" }],
])("%s: is what %j chooses", async (vendor, settings) => {
  expect(await present(vendor, settings)).toBe(true);
});

it("the source is local where nothing is chosen", () => {
  expect(tokenSourceOf({ settings: {} })).toBe("local");
  expect(tokenSourceOf({ settings: { CODEX_TOKEN_SOURCE: "ssh" }, vendor: "claude_code" })).toBe("local");
  expect(tokenSourceOf({ settings: { CLAUDE_CODE_TOKEN_SOURCE: "ssh" }, vendor: "claude_code" })).toBe("ssh");
});
