import { describe, expect, it } from "vitest";
import {
  type DeviceCode,
  type DeviceLoginOptions,
  logInByDevice,
} from "../../../src/credentials/login/login-device.js";
import { GRANT, LoginServer, type Reply } from "../login-server.js";

const START = "/api/accounts/deviceauth/usercode";
const POLL = "/api/accounts/deviceauth/token";
const TOKEN = "/oauth/token";

const started = { device_auth_id: "dev_1", user_code: "ABCD-12345", interval: "5" };
const granted = { authorization_code: "ac_SECRET", code_verifier: "v".repeat(43), code_challenge: "c" };
const pending: Reply = { status: 403, body: { error: { code: "deviceauth_authorization_pending" } } };
const yes: Reply = { status: 200, body: granted };

class Login {
  readonly waitsMs: number[] = [];
  readonly codes: DeviceCode[] = [];
  readonly troubles: (string | undefined)[] = [];

  private constructor(readonly server: LoginServer) {}

  static async at(polls: readonly Reply[], more: Readonly<Record<string, readonly Reply[]>> = {}): Promise<Login> {
    const replies = {
      [START]: [{ status: 200, body: started }],
      [POLL]: polls,
      [TOKEN]: [{ status: 200, body: GRANT }],
      ...more,
    };
    return new Login(await LoginServer.start(replies));
  }

  async run(options: Partial<DeviceLoginOptions> = {}) {
    return await logInByDevice({
      ...this.server.service(),
      onCode: (code) => this.codes.push(code),
      onTrouble: (line) => this.troubles.push(line),
      now: Date.now,
      wait: async (ms, signal) => {
        signal.throwIfAborted();
        this.waitsMs.push(Math.round(ms));
        await Promise.resolve();
      },
      ...options,
    });
  }
}

describe("logInByDevice", () => {
  it("shows a code, asks until it was typed, and exchanges what comes", async () => {
    const login = await Login.at([pending, { status: 404 }, yes]);
    expect(await login.run()).toEqual({
      accessToken: GRANT.access_token,
      refreshToken: GRANT.refresh_token,
      idToken: GRANT.id_token,
    });
    const { issuer } = login.server.service();
    expect(login.codes).toEqual([{ userCode: "ABCD-12345", url: `${issuer}/codex/device`, lifeMs: 900_000 }]);
    expect(login.waitsMs).toEqual([5000, 5000, 5000]);
    const [first, poll] = login.server.seen;
    expect(JSON.parse(first?.body ?? "")).toEqual({ client_id: "app_EMoamEEZ73f0CkXaXp7hrann" });
    expect(first?.headers).not.toHaveProperty("originator");
    expect(JSON.parse(poll?.body ?? "")).toEqual({ device_auth_id: "dev_1", user_code: "ABCD-12345" });
    expect(Object.fromEntries(new URLSearchParams(login.server.seen.at(-1)?.body))).toEqual({
      grant_type: "authorization_code",
      client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
      code: "ac_SECRET",
      redirect_uri: `${issuer}/deviceauth/callback`,
      code_verifier: "v".repeat(43),
    });
  });

  it.each([
    [{ interval: "7" }, 7000],
    [{ interval: 7 }, 7000],
    [{ interval: "0" }, 1000],
    [{ interval: 86_400 }, 60_000],
    [{ interval: "soon" }, 5000],
    [{ interval: undefined }, 5000],
    [{ interval: undefined, usercode: "ABCD-12345", user_code: undefined }, 5000],
  ])("understands %j", async (fields, waitMs) => {
    const login = await Login.at([yes], { [START]: [{ status: 200, body: { ...started, ...fields } }] });
    await login.run();
    expect(login.waitsMs).toEqual([waitMs]);
    expect(login.codes[0]?.userCode).toBe("ABCD-12345");
  });

  it("takes the server's word for a shorter life of the code, and only for a shorter one", async () => {
    for (const [fields, lifeMs] of [
      [{ expires_in: 60 }, 60_000],
      [{ expires_in: "60" }, 60_000],
      [{ expires_in: 86_400 }, 900_000],
      [{ expires_at: "2026-11-21T00:01:00Z" }, 60_000],
      [{ expires_at: "2020-01-01T00:00:00Z" }, 900_000],
    ] as const) {
      const login = await Login.at([yes], { [START]: [{ status: 200, body: { ...started, ...fields } }] });
      await login.run({ now: () => Date.parse("2026-11-21T00:00:00Z") });
      expect(login.codes[0]?.lifeMs).toBe(lifeMs);
    }
  });

  it("asks more slowly when it is told to", async () => {
    const slow: Reply = { status: 403, body: { error: "slow_down" } };
    const login = await Login.at([slow, slow, { status: 429, retryAfter: "40" }, pending, yes]);
    await login.run();
    expect(login.waitsMs).toEqual([5000, 10_000, 15_000, 40_000, 40_000]);
  });

  it("bears failures of the network, more and more slowly, and says so", async () => {
    // The client itself repeats what breaks on a kept connection, so the first two are one failure.
    const login = await Login.at(["drop", "drop", { status: 503 }, { status: 500 }, pending, yes]);
    await login.run();
    expect(login.waitsMs).toEqual([5000, 10_000, 20_000, 40_000, 5000]);
    expect(login.troubles.map((line) => line?.replace(/^.*(trying again)$/u, "$1"))).toEqual([
      "trying again",
      "trying again",
      "trying again",
      undefined,
    ]);
  });

  it.each<[string, readonly Reply[], string, number, string]>([
    ["a refusal", [{ status: 400, body: { error: "access_denied" } }], "login_needed", 41, "was refused on the page"],
    [
      "a refusal with 403",
      [{ status: 403, body: { error: { code: "access_denied" } } }],
      "login_needed",
      41,
      "refused",
    ],
    ["the end of the code", [pending, { status: 400, body: { code: "expired_token" } }], "login_needed", 41, "in time"],
    ["an answer that makes no sense", [{ status: 400, body: "<html>" }], "login_needed", 41, "answered 400 to"],
    ["a redirect", [{ status: 302 }], "network", 58, "answered 302"],
    ["a yes without a code", [{ status: 200, body: "<html>" }], "network", 58, "has no authorization_code"],
    [
      "a code that is none",
      [{ status: 200, body: { ...granted, authorization_code: "a b\n" } }],
      "network",
      58,
      "cannot be one",
    ],
  ])("ends at %s", async (_name, polls, code, exitCode, message) => {
    const login = await Login.at(polls);
    await expect(login.run()).rejects.toMatchObject({
      code,
      exitCode,
      message: expect.stringContaining(message) as string,
    });
    expect(login.server.count(TOKEN)).toBe(0);
  });

  it.each<[string, Reply, string, number, string]>([
    ["says that there is none", { status: 404 }, "login_needed", 41, "does not offer login by code"],
    ["asks for patience", { status: 429, retryAfter: "30" }, "limited", 57, "try again in 30 s"],
    ["is broken", { status: 500 }, "network", 58, "answered 500"],
    ["cannot be reached", "drop", "network", 58, "no login at 127.0.0.1"],
    [
      "would write on the terminal",
      { status: 200, body: { ...started, user_code: "\u001b[2J" } },
      "network",
      58,
      "cannot be one",
    ],
  ])("ends when the server %s", async (_name, reply, code, exitCode, message) => {
    const login = await Login.at([], { [START]: [reply] });
    const failed = login.run();
    await expect(failed).rejects.toMatchObject({ code, exitCode, message: expect.stringContaining(message) as string });
    expect(login.codes).toEqual([]);
  });

  it("asks no longer than the code is good", async () => {
    const login = await Login.at([pending], { [START]: [{ status: 200, body: { ...started, interval: 1 } }] });
    await expect(login.run({ limitMs: 30, wait: undefined })).rejects.toMatchObject({
      code: "login_needed",
      message: "the login code was not used in time; start the login again",
    });
  });

  it("does not exchange a code twice when the answer was lost", async () => {
    const login = await Login.at([yes], { [TOKEN]: ["drop"] });
    await expect(login.run()).rejects.toMatchObject({ code: "network" });
    expect(login.server.count(TOKEN)).toBe(1);
  });

  it.each([
    [{ access_token: "a\nb" }, "no usable access_token"],
    [{ refresh_token: undefined }, "no usable refresh_token"],
    [{ id_token: 5 }, "no usable id_token"],
  ])("takes no half login: %j", async (fields, message) => {
    const login = await Login.at([yes], { [TOKEN]: [{ status: 200, body: { ...GRANT, ...fields } }] });
    await expect(login.run()).rejects.toThrow(message);
  });

  it("ends at once when it is aborted", async () => {
    const login = await Login.at([pending]);
    const reason = new Error("stop");
    const failed = login.run({
      wait: async () => {
        login.server.abort.abort(reason);
        await Promise.resolve();
      },
    });
    await expect(failed).rejects.toBe(reason);
  });
});
