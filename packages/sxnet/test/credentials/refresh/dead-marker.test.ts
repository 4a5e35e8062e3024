import { mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type MarkedToken,
  readMarker,
  removeMarker,
  writeMarker,
} from "../../../src/credentials/refresh/dead-marker.js";

const NOW = 1_800_000_000_000;

let folder: string;
let token: MarkedToken;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sx-marker-"));
  token = { path: join(folder, "auth.json"), refreshToken: "rt-secret", url: "https://a/oauth/token" };
  await writeFile(token.path, "{}");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a marker", () => {
  it("is about one refresh token of one authority, for good, and shows no secret", async () => {
    await writeMarker(token, { code: "refresh_token_reused", atMs: NOW });
    expect(await readMarker(token, NOW + 1e12)).toEqual({ code: "refresh_token_reused", atMs: NOW });
    expect(await readMarker({ ...token, refreshToken: "rt-other" }, NOW)).toBeUndefined();
    expect(await readMarker({ ...token, url: "https://b/oauth/token" }, NOW)).toBeUndefined();
    const path = `${token.path}.refused`;
    expect(await readFile(path, "utf8")).not.toContain("rt-secret");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await symlink(token.path, join(folder, "link"));
    expect(await readMarker({ ...token, path: join(folder, "link") }, NOW)).toMatchObject({ atMs: NOW });
    await removeMarker(token.path);
    expect(await readMarker(token, NOW)).toBeUndefined();
  });

  it("of a failure ends, at the latest after five minutes, and when the clock was set back", async () => {
    const marker = { code: "network", atMs: NOW, untilMs: NOW + 60_000, message: "m" };
    await writeMarker(token, marker);
    expect(await readMarker(token, NOW + 59_999)).toEqual(marker);
    expect(await readMarker(token, NOW + 60_000)).toBeUndefined();
    expect(await readMarker(token, NOW - 1)).toBeUndefined();
    await writeMarker(token, { ...marker, untilMs: NOW + 1e9 });
    expect(await readMarker(token, NOW + 299_999)).toBeDefined();
    expect(await readMarker(token, NOW + 300_000)).toBeUndefined();
  });

  it.each(["", "{", "[]", "null", '{"code":1}'])("that reads %j is none", async (text) => {
    await writeFile(`${token.path}.refused`, text);
    expect(await readMarker(token, NOW)).toBeUndefined();
  });
});
