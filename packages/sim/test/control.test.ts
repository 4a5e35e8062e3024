import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Authority, type CodexAuthFile, startAuthority } from "../src/index.js";
import { control, errorCode, refresh } from "./authority-client.js";
import { send } from "./client.js";

let authority: Authority;
beforeEach(async () => {
  authority = await startAuthority();
});
afterEach(async () => {
  await authority.close();
});

const JSON_TYPE = { "content-type": "application/json" };

describe("the control of an authority", () => {
  it("does what the methods do", async () => {
    const login = (await control(authority, {
      do: "sign_in",
      accountId: "acc-1",
      accessTokenLifeMs: -1,
    })) as CodexAuthFile;
    expect(login.tokens.account_id).toBe("acc-1");
    expect(await control(authority, { do: "state", secret: login.tokens.access_token })).toEqual({ state: "expired" });
    expect(await control(authority, { do: "settings", settings: { graceMs: 9 } })).toMatchObject({ graceMs: 9 });
    expect(await control(authority, { do: "settings" })).toMatchObject({ graceMs: 9, accessTokenLifeMs: 864_000_000 });
    await control(authority, { do: "fault", fault: { kind: "status", status: 503, times: "any" } });
    expect((await refresh(authority, login.tokens.refresh_token)).status).toBe(503);
    await control(authority, { do: "clear_faults" });
    expect((await refresh(authority, login.tokens.refresh_token)).status).toBe(200);
    await control(authority, { do: "revoke", secret: login.tokens.refresh_token });
    expect(errorCode(await refresh(authority, login.tokens.refresh_token))).toBe("refresh_token_reused");
    expect(await control(authority, { do: "counters" })).toMatchObject({
      requests: { refresh: 3 },
      reuses: 1,
      faults: 1,
    });
    expect(await control(authority, { do: "violations" })).toEqual([
      "request 3: a refresh token of family 1 was used again",
    ]);
    const claude = await control(authority, { do: "sign_in_claude" });
    expect(claude).toMatchObject({
      claudeAiOauth: { refreshToken: expect.stringMatching(/^sk-ant-ort01-/) as string },
    });
  });

  it.each([
    [{}, 'do is missing; must be one of "counters", "violations"'],
    [{ do: "toString" }, 'do is "toString"'],
    [{ do: "counters", more: 1 }, 'counters has the unknown field "more"'],
    [{ do: "fault" }, 'fault lacks the field "fault"'],
    [{ do: "fault", fault: { kind: "drop", on: "nobody" } }, 'fault.on is "nobody"'],
    [{ do: "settings", settings: { graceMs: -1 } }, "settings.graceMs is -1"],
    [{ do: "settings", settings: { gracems: 1 } }, 'settings has the unknown field "gracems"'],
  ])("refuses %j", async (command, message) => {
    const got = await send(`${authority.url}/__control`, {
      method: "POST",
      headers: JSON_TYPE,
      body: JSON.stringify(command),
    });
    expect(got.status).toBe(400);
    expect((JSON.parse(got.body) as { error: string }).error.replaceAll(" or ", ", ")).toContain(
      message.split(";")[0] ?? "",
    );
  });

  it.each([
    ["a page of a browser", { ...JSON_TYPE, origin: "https://example.invalid" }, 403],
    ["another name for this machine", { ...JSON_TYPE, host: "example.invalid" }, 403],
    ["a form", { "content-type": "application/x-www-form-urlencoded" }, 415],
  ])("is not for %s", async (_name, headers, status) => {
    const got = await send(`${authority.url}/__control`, { method: "POST", headers, body: '{"do":"sign_in"}' });
    expect(got.status).toBe(status);
    expect(authority.counters().signIns).toBe(0);
  });

  it("takes JSON by POST only, and counts as no request", async () => {
    expect((await send(`${authority.url}/__control`, { method: "GET", headers: {} })).status).toBe(403);
    const broken = { method: "POST", headers: JSON_TYPE, body: "{" };
    expect((await send(`${authority.url}/__control`, broken)).status).toBe(400);
    expect(authority.rows).toEqual([]);
  });
});
