import { afterEach, describe, expect, it } from "vitest";
import { type Authority, type Fault, startAuthority } from "../src/index.js";
import { doesWork, FaultQueue, parseFault } from "../src/faults.js";
import { CheckError } from "../src/json-check.js";
import { claimsOf, errorCode, fieldsOf, newPair, refresh, refreshFields } from "./authority-client.js";
import { rawRequest } from "./raw-client.js";

const open: Authority[] = [];
async function start(): Promise<Authority> {
  const authority = await startAuthority();
  open.push(authority);
  return authority;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((authority) => authority.close()));
});

/** One refresh by a bare connection, and whether the token was used up by it. */
async function befallen(
  fault: Fault,
  until?: (text: string) => boolean,
): Promise<{ text: string; head: string; body: string; end: string; state: string; outcome: string | undefined }> {
  const authority = await start();
  authority.addFault(fault);
  const { refresh_token: refreshToken } = authority.signIn().tokens;
  const { text, end } = await rawRequest(authority.port, {
    method: "POST",
    path: "/oauth/token",
    body: JSON.stringify(refreshFields(refreshToken)),
    ...(until === undefined ? {} : { until }),
  });
  const [head = "", body = ""] = text.split(/\r\n\r\n(.*)/s, 2);
  const state = authority.stateOf(refreshToken);
  await authority.close();
  return { text, head, body, end, state, outcome: authority.rows[0]?.outcome };
}

describe("a fault, as a bare connection sees it", () => {
  it("is a status with a code, a Retry-After and a body", async () => {
    const limited = await befallen({ kind: "status", status: 429, retryAfter: 7 });
    expect(limited.head).toMatch(/^HTTP\/1\.1 429 .*\r\nretry-after: 7\r\n/s);
    expect(limited).toMatchObject({ state: "live", outcome: "undone", end: "end" });
    const refused = await befallen({ kind: "status", status: 401, code: "refresh_token_expired" });
    expect(refused.body).toContain('"code":"refresh_token_expired"');
    const plain = await befallen({ kind: "status", status: 400, body: { error: "invalid_grant" } });
    expect(plain.body).toContain('{"error":"invalid_grant"}');
    const committed = await befallen({ kind: "status", status: 502, body: "bad gateway", commit: true });
    expect(committed).toMatchObject({ state: "used", outcome: "rotated" });
    expect(committed.head).toMatch(/^HTTP\/1\.1 502 .*text\/plain/s);
  });

  it.each([
    ["before the commit", false, "live", "undone"],
    ["after the commit", true, "used", "rotated"],
  ] as const)("is a connection that drops %s", async (_name, commit, state, outcome) => {
    expect(await befallen({ kind: "drop", commit })).toMatchObject({ text: "", end: "ECONNRESET", state, outcome });
  });

  it("is a stall in the middle of the body", async () => {
    const got = await befallen({ kind: "stall", afterBytes: 20 }, (text) => text.includes('{"id_token":"eyJ'));
    expect(got).toMatchObject({ end: "left", state: "used" });
    expect(got.text).not.toContain("refresh_token");
  });

  it("is a stall before anything", async () => {
    const authority = await start();
    authority.addFault({ kind: "stall" });
    const { refresh_token: refreshToken } = authority.signIn().tokens;
    const asked = rawRequest(authority.port, {
      method: "POST",
      path: "/oauth/token",
      body: JSON.stringify(refreshFields(refreshToken)),
    });
    // The next one is answered while the first still waits.
    expect((await refresh(authority, authority.signIn().tokens.refresh_token)).status).toBe(200);
    expect(authority.rows).toHaveLength(1);
    await authority.close();
    expect((await asked).text).toBe("");
    expect(authority.stateOf(refreshToken)).toBe("live");
  });

  it("is an answer that breaks off", async () => {
    const got = await befallen({ kind: "cut", afterBytes: 30 });
    expect(got).toMatchObject({ end: "end", state: "used" });
    expect(got.text).not.toContain("\r\n0\r\n");
  });

  it("is an answer in small steps", async () => {
    const authority = await start();
    authority.addFault({ kind: "slow", bytesPerSecond: 20_000 });
    const { refresh_token: refreshToken } = authority.signIn().tokens;
    const { pieces, text } = await rawRequest(authority.port, {
      method: "POST",
      path: "/oauth/token",
      body: JSON.stringify(refreshFields(refreshToken)),
    });
    expect(text).toContain("refresh_token");
    expect(pieces.length).toBeGreaterThan(1);
  });

  it("is a page, garbage, nothing, or too much", async () => {
    const html = await befallen({ kind: "html", status: 503 });
    expect(html.head).toMatch(/^HTTP\/1\.1 503 .*text\/html/s);
    const garbage = await befallen({ kind: "garbage" });
    expect(garbage.head).toMatch(/^HTTP\/1\.1 200 .*application\/json/s);
    expect(garbage.text.length).toBeGreaterThan(512);
    const empty = await befallen({ kind: "empty" });
    expect([empty.head.split("\r\n")[0], empty.body]).toEqual(["HTTP/1.1 200 OK", ""]);
    const large = await befallen({ kind: "oversize", bytes: 3_000_000 });
    expect(large.text.length).toBeGreaterThan(3_000_000);
    expect([html, garbage, empty, large].map(({ state }) => state)).toEqual(["live", "live", "live", "live"]);
  });

  it("is a redirect", async () => {
    const got = await befallen({ kind: "redirect", location: "http://127.0.0.1:1/x", status: 307 });
    expect(got.head).toMatch(/^HTTP\/1\.1 307 .*\r\nlocation: http:\/\/127\.0\.0\.1:1\/x\r\n/s);
  });
});

describe("a fault inside the answer", () => {
  it("leaves out the id token, or the refresh token, which then stays good", async () => {
    const authority = await start();
    const first = authority.signIn().tokens.refresh_token;
    authority.addFault({ kind: "omit", fields: ["id_token"] });
    const pair = newPair(await refresh(authority, first));
    expect(Object.keys(pair).toSorted()).toEqual(["access_token", "expires_in", "refresh_token", "token_type"]);
    authority.addFault({ kind: "omit", fields: ["refresh_token"] });
    const got = fieldsOf(await refresh(authority, pair.refresh_token));
    expect(got).not.toHaveProperty("refresh_token");
    expect(authority.stateOf(pair.refresh_token)).toBe("live");
    expect(authority.stateOf(String(got["access_token"]))).toBe("live");
    expect(authority.rows.map(({ outcome }) => outcome)).toEqual(["rotated", "renewed"]);
  });

  it("is another account, a life that is over, or fields of any kind", async () => {
    const authority = await start();
    const ask = async (fault: Fault): Promise<Readonly<Record<string, unknown>>> => {
      authority.addFault(fault);
      return fieldsOf(await refresh(authority, authority.signIn().tokens.refresh_token));
    };
    const other = await ask({ kind: "account", accountId: "acc-other" });
    expect(claimsOf(String(other["access_token"]))).toMatchObject({
      "https://api.openai.com/auth": { chatgpt_account_id: "acc-other" },
    });
    const over = await ask({ kind: "expired" });
    expect(authority.stateOf(String(over["access_token"]))).toBe("expired");
    expect(await ask({ kind: "set", fields: { access_token: 7 } })).toMatchObject({
      access_token: 7,
      token_type: "Bearer",
    });
  });

  it("does not touch a refusal", async () => {
    const authority = await start();
    authority.addFault({ kind: "set", fields: { error: "other" } });
    expect(errorCode(await refresh(authority, "rt_nobody"))).toBe("invalid_grant");
  });
});

describe("the queue", () => {
  it("gives each fault its number of requests, in order, and only of its kind", () => {
    const queue = new FaultQueue("refresh");
    queue.add({ kind: "drop", times: 2 });
    queue.add({ kind: "html", on: "revoke" });
    queue.add({ kind: "empty", times: "any" });
    const taken = ["refresh", "code", "refresh", "refresh", "revoke", "revoke", "refresh"].map(
      (kind) => queue.take(kind)?.kind,
    );
    expect(taken).toEqual(["drop", undefined, "drop", "empty", "html", undefined, "empty"]);
    queue.clear();
    expect(queue.take("refresh")).toBeUndefined();
  });

  it.each([
    [undefined, "fault.kind is missing"],
    [{ kind: "explode" }, 'fault.kind is "explode"'],
    [{ kind: "status" }, 'lacks the field "status"'],
    [{ kind: "drop", on: "nobody" }, 'fault.on is "nobody"'],
    [{ kind: "drop", times: 0 }, "fault.times is 0"],
    [{ kind: "drop", afterBytes: 3 }, 'unknown field "afterBytes"'],
  ])("takes no %j", (value, message) => {
    expect(() => parseFault(value, ["refresh"])).toThrow(CheckError);
    expect(() => parseFault(value, ["refresh"])).toThrow(message);
  });

  it("knows which faults leave the work undone", () => {
    expect(doesWork({ kind: "drop" })).toBe(false);
    expect(doesWork({ kind: "stall" })).toBe(false);
    expect(doesWork({ kind: "stall", commit: true })).toBe(true);
    expect(doesWork({ kind: "slow", bytesPerSecond: 1 })).toBe(true);
  });
});
