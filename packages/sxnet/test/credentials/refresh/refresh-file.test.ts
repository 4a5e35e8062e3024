import { rm, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../../src/credentials/refresh/dead-marker.js";
import { refreshFile } from "../../../src/credentials/refresh/refresh-file.js";
import { type Answering, login, LoginHome, tokens } from "../login-home.js";

const REUSED = { status: 401, body: { error: { code: "refresh_token_reused" } } };

async function refresh(home: LoginHome, stale = login("old", -60)) {
  const job = {
    vendor: "codex",
    path: home.file,
    name: "~/f",
    url: `${home.origin}/oauth/token`,
    originator: "o",
    staleSha256: await sha256(stale.tokens.access_token),
  } as const;
  return refreshFile(job, { now: Date.now, random: Math.random });
}

async function start(answering: Answering) {
  const home = await LoginHome.start(answering);
  const stale = login("old", -60);
  await home.put(stale);
  return { home, stale };
}

describe("refreshFile", () => {
  it("saves the new tokens, and keeps the rest", async () => {
    const { home, stale } = await start(() => ({ body: tokens("new") }));
    await home.put({ ...stale, future: 1 });
    expect(await refresh(home, stale)).toMatchObject({ kind: "refreshed", warnings: [] });
    expect(await home.read()).toMatchObject({ future: 1, tokens: { refresh_token: "rt-new", account_id: "acc-1" } });
    expect(home.sent).toEqual(["rt-old"]);
  });

  it("asks nobody when the file holds other tokens already", async () => {
    const { home, stale } = await start(() => ({ body: tokens("new") }));
    await home.put(login("other", 60));
    expect(await refresh(home, stale)).toEqual({ kind: "adopted" });
    expect(home.sent).toEqual([]);
  });

  it("asks once when ten want it at the same time", async () => {
    const { home, stale } = await start((n) => (n === 1 ? { body: tokens("new") } : REUSED));
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => refresh(home, stale)));
    expect(outcomes.filter(({ kind }) => kind === "refreshed")).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === "adopted")).toHaveLength(9);
    expect(home.sent).toEqual(["rt-old"]);
  });

  it("adopts what a program without a lock has written meanwhile, though its own token is refused", async () => {
    const { home, stale } = await start(async () => {
      await home.put(login("theirs", 60));
      return REUSED;
    });
    expect(await refresh(home, stale)).toEqual({ kind: "adopted" });
    expect(await home.read()).toMatchObject({ tokens: { refresh_token: "rt-theirs" } });
  });

  it("adopts it also when that program is just writing in place", async () => {
    const { home, stale } = await start(async () => {
      await writeFile(home.file, "");
      setTimeout(() => void home.put(login("theirs", 60)), 250);
      return REUSED;
    });
    expect(await refresh(home, stale)).toEqual({ kind: "adopted" });
  });

  it("does not lay its tokens over a login that came meanwhile, nor put back one that was taken away", async () => {
    const { home, stale } = await start(async (n) => {
      await (n === 1 ? home.put(login("theirs", 60)) : rm(home.file));
      return { body: tokens("new") };
    });
    expect(await refresh(home, stale)).toEqual({ kind: "adopted" });
    expect(await home.read()).toMatchObject({ tokens: { refresh_token: "rt-theirs" } });
    await home.put(stale);
    expect(await refresh(home, stale)).toMatchObject({ kind: "failed", failure: { code: "login_needed" } });
    await expect(home.read()).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("saves over what a program has left broken", async () => {
    const { home, stale } = await start(async () => {
      await writeFile(home.file, '{"tokens":');
      return { body: tokens("new") };
    });
    expect(await refresh(home, stale)).toMatchObject({ kind: "refreshed" });
    expect(await home.read()).toMatchObject({ tokens: { refresh_token: "rt-new" } });
  });

  it("keeps a new refresh token also when no access token comes with it", async () => {
    const { home, stale } = await start(() => ({ body: { refresh_token: "rt-new" } }));
    expect(await refresh(home, stale)).toMatchObject({
      kind: "refreshed",
      warnings: [expect.stringContaining("without a new access token")],
    });
    expect(await home.read()).toEqual({
      ...stale,
      tokens: { ...stale.tokens, refresh_token: "rt-new" },
      last_refresh: expect.any(String) as string,
    });
  });

  it.each([
    ["the token is refused", () => REUSED, "login_needed"],
    ["the tokens are for another account", () => ({ body: tokens("new", 60, "acc-2") }), "login_needed"],
    ["the answer is no answer", () => ({ body: "<html>" }), "network"],
    ["the service is down for long", () => ({ status: 400, body: "{}" }), "network"],
  ])("leaves the file as it was when %s, and asks only once", async (_name, answering, code) => {
    const { home, stale } = await start(answering);
    for (let round = 0; round < 3; round += 1) {
      expect(await refresh(home, stale)).toMatchObject({ kind: "failed", failure: { code } });
    }
    expect(await home.read()).toEqual(stale);
    // A lost answer is asked for once more; no one after that asks at all.
    expect(home.sent.length).toBe(code === "network" && _name.includes("no answer") ? 2 : 1);
  });
});
