import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Fault, startTokenServer, type TokenServer, type TokenServerOptions } from "../src/index.js";
import { claimsOf, control, fieldsOf } from "./authority-client.js";
import { type Got, send } from "./client.js";
import { rawRequest } from "./raw-client.js";

const open: TokenServer[] = [];
async function start(options: TokenServerOptions = {}): Promise<TokenServer> {
  const server = await startTokenServer(options);
  open.push(server);
  return server;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const NOW_MS = 1_800_000_000_500;

async function fetchToken(server: TokenServer, key = "simulator-key", path = ""): Promise<Got> {
  return send(`${server.url}${path}`, { method: "GET", headers: { authorization: `Bearer ${key}` } });
}

describe("a token server", () => {
  it("hands out one access token until it is nearly over", async () => {
    let nowMs = NOW_MS;
    const server = await start({ now: () => nowMs, settings: { accountId: "acc-1" } });
    expect(server.env).toEqual({
      CODEX_TOKEN_SOURCE: "remote",
      CODEX_REMOTE_URL: `http://127.0.0.1:${server.port}/codex`,
      TOKEN_HTTP_API_KEY: "simulator-key",
    });
    const first = await fetchToken(server);
    expect(first).toMatchObject({
      status: 200,
      headers: { "cache-control": "no-store", "content-type": "application/json" },
    });
    const fields = fieldsOf(first);
    expect(Object.keys(fields)).toEqual(["access_token", "token_type", "expires_at", "expires_in", "account_id"]);
    expect(fields).toMatchObject({
      token_type: "Bearer",
      expires_at: "2027-01-15T09:00:00.000Z",
      expires_in: 3599,
      account_id: "acc-1",
    });
    expect(claimsOf(String(fields["access_token"]))).toMatchObject({
      exp: Date.parse("2027-01-15T09:00:00Z") / 1000,
      "https://api.openai.com/auth": { chatgpt_account_id: "acc-1" },
    });
    nowMs += 55 * 60_000 - 500;
    expect(fieldsOf(await fetchToken(server))["access_token"]).toBe(fields["access_token"]);
    nowMs += 1;
    expect(fieldsOf(await fetchToken(server))["access_token"]).not.toBe(fields["access_token"]);
    expect(server.counters()).toEqual({ requests: 3, authorized: 3, issued: 2, faults: 0, violations: 0 });
  });

  it.each([
    ["no key", {}, "none"],
    ["another key", { authorization: "Bearer simulator-kez" }, "wrong"],
    ["a longer key", { authorization: "Bearer simulator-key2" }, "wrong"],
    ["another scheme", { authorization: "Basic simulator-key" }, "wrong"],
  ] as const)("refuses %s", async (_name, headers, key) => {
    const server = await start();
    const got = await send(server.url, { method: "GET", headers });
    expect([got.status, got.headers["www-authenticate"]]).toEqual([401, "Bearer"]);
    expect(got.body).not.toContain("eyJ");
    expect(server.rows).toMatchObject([{ status: 401, key }]);
  });

  it("knows no other place, and notes what no client should do", async () => {
    const server = await start({ apiKey: "other-key" });
    expect((await fetchToken(server, "other-key", "/nowhere")).status).toBe(404);
    const posted = { method: "POST", headers: { authorization: "Bearer other-key" }, body: "{}" };
    expect((await send(server.url, posted)).status).toBe(405);
    await send(`${server.url}?key=other-key`, { method: "GET", headers: {} });
    expect(server.violations).toEqual([
      "request 2: tokens are fetched by GET",
      "request 3: the key stands in the address",
    ]);
  });

  it("speaks https with a certificate", async () => {
    const folder = await mkdtemp(join(tmpdir(), "token-server-"));
    try {
      const [certPath, keyPath] = [join(folder, "cert.pem"), join(folder, "key.pem")];
      const subject = ["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
      const type = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
      const files = ["-keyout", keyPath, "-out", certPath];
      execFileSync("openssl", ["req", "-x509", ...type, ...subject, ...files], { stdio: "ignore" });
      const [cert, key] = await Promise.all([readFile(certPath, "utf8"), readFile(keyPath, "utf8")]);
      const server = await start({ certificate: { cert, key } });
      expect(server.url).toMatch(/^https:/);
      const status = await new Promise((resolve, reject) => {
        const headers = { authorization: "Bearer simulator-key" };
        request(server.url, { ca: cert, headers, agent: false }, (response) => {
          response.resume();
          response.on("end", () => resolve(response.statusCode));
        })
          .on("error", reject)
          .end();
      });
      expect(status).toBe(200);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("serves 200 clients at once from one token", async () => {
    const server = await start();
    const answers = await Promise.all(Array.from({ length: 200 }, () => fetchToken(server)));
    expect(new Set(answers.map((got) => fieldsOf(got)["access_token"])).size).toBe(1);
    expect(server.counters()).toMatchObject({ requests: 200, authorized: 200, issued: 1 });
  });
});

describe("its faults", () => {
  async function befallen(fault: Fault): Promise<string> {
    const server = await start();
    server.addFault(fault);
    const headers = ["authorization: Bearer simulator-key"];
    const { text } = await rawRequest(server.port, { method: "GET", path: "/codex", headers });
    // The next request is not befallen.
    expect((await fetchToken(server)).status).toBe(200);
    expect(server.rows[0]?.fault).toBe(fault.kind);
    return text;
  }

  it.each([
    [{ kind: "status", status: 401 }, /^HTTP\/1\.1 401 /],
    [{ kind: "status", status: 403 }, /^HTTP\/1\.1 403 /],
    [{ kind: "status", status: 404 }, /^HTTP\/1\.1 404 /],
    [{ kind: "status", status: 429, retryAfter: 3 }, /^HTTP\/1\.1 429 .*\r\nretry-after: 3\r\n/s],
    [{ kind: "status", status: 503 }, /^HTTP\/1\.1 503 /],
    [{ kind: "html" }, /^HTTP\/1\.1 200 .*<!DOCTYPE html>/s],
    [{ kind: "garbage" }, /^HTTP\/1\.1 200 .*application\/json/s],
    [{ kind: "empty" }, /^HTTP\/1\.1 200 .*content-length: 0\r\n.*\r\n\r\n$/s],
    [{ kind: "slow", bytesPerSecond: 20_000 }, /access_token/],
    [{ kind: "cut", afterBytes: 40 }, /access_token(?!.*account_id)/s],
    [{ kind: "oversize", bytes: 1_100_000 }, /"padding":".{100000}/s],
    [{ kind: "redirect", location: "/codex/moved" }, /^HTTP\/1\.1 302 .*\r\nlocation: \/codex\/moved\r\n/s],
    [{ kind: "redirect", location: "http://127.0.0.1:1/codex", status: 308 }, /^HTTP\/1\.1 308 .*location: http/s],
    [{ kind: "set", fields: { refresh_token: "rt_x" } }, /"refresh_token":"rt_x"/],
    [{ kind: "omit", fields: ["access_token"] }, /\{"token_type":"Bearer"/],
    [{ kind: "drop" }, /^$/],
  ] as const)("%j", async (fault, pattern) => {
    expect(await befallen(fault)).toMatch(pattern);
  });

  it("include a token that is over, one of another account, and a place that it moved to", async () => {
    const server = await start();
    server.addFault({ kind: "expired" });
    const over = fieldsOf(await fetchToken(server));
    expect(Date.parse(String(over["expires_at"]))).toBeLessThan(Date.now());
    expect(Number(over["expires_in"])).toBeLessThan(0);
    server.addFault({ kind: "account", accountId: "acc-other" });
    expect(fieldsOf(await fetchToken(server))["account_id"]).toBe("acc-other");
    expect((await fetchToken(server, "simulator-key", "/moved")).status).toBe(200);
  });
});

describe("its control", () => {
  it("does what the methods do", async () => {
    const server = await start();
    await control({ url: server.origin }, { do: "fault", fault: { kind: "status", status: 503, times: "any" } });
    expect((await fetchToken(server)).status).toBe(503);
    await control({ url: server.origin }, { do: "clear_faults" });
    expect(await control({ url: server.origin }, { do: "settings", settings: { accountId: "a" } })).toMatchObject({
      accountId: "a",
      delayMs: 0,
    });
    expect(fieldsOf(await fetchToken(server))["account_id"]).toBe("a");
    expect(await control({ url: server.origin }, { do: "counters" })).toMatchObject({ requests: 2, faults: 1 });
    expect(await control({ url: server.origin }, { do: "violations" })).toEqual([]);
  });
});
