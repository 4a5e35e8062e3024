import { chmodSync, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { AuthoritySettings } from "@scorpiox/sim";
import { describe, expect, it } from "vitest";
import { AuthorityHome } from "./authority-home.js";
import { browse } from "./browse.js";
import { InProcess } from "./in-process.js";

/** Polls as fast as the client ever does. */
const FAST: Partial<AuthoritySettings> = { deviceIntervalS: 1 };

const CODE = /\b([A-Z0-9]{4}-[A-Z0-9]{5})\b/u;

async function start(settings: Partial<AuthoritySettings> = {}): Promise<AuthorityHome> {
  return await AuthorityHome.start({ settings: { ...FAST, ...settings } });
}

/** No output holds a token or a code that a token can be had with. */
function expectNoSecret(sample: AuthorityHome, run: InProcess, file = sample.file): void {
  const { tokens } = JSON.parse(readFileSync(file, "utf8")) as { readonly tokens: Readonly<Record<string, string>> };
  for (const name of ["access_token", "refresh_token", "id_token"]) {
    const secret = tokens[name] ?? "";
    expect(secret.length).toBeGreaterThan(20);
    expect(run.out + run.err).not.toContain(secret.slice(-20));
  }
  expect(run.out + run.err).not.toMatch(/ac_|deviceauth_/u);
}

describe("login with a code", () => {
  it("shows the code, waits, and saves a login for this user alone", async () => {
    const sample = await start({ deviceApprovedAtPoll: 2 });
    const run = new InProcess(sample);
    expect(await run.run(["login"])).toBe(0);
    expect(run.out).toBe("");
    const lines = run.err.trimEnd().split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/open http:\/\/127\.0\.0\.1:\d+\/codex\/device and type the code \S+ within 1[45] min/u);
    expect(lines[1]).toContain("type the code only if you started this login yourself");
    expect(lines[2]).toContain("there is no terminal: nothing is asked here");
    expect(lines[3]).toMatch(
      /logged in as \S\*\*\*@\S+ \(account \S+, plan \w+\); saved in ~\/\.scorpiox\/codex-auth\.json$/u,
    );
    expect(statSync(sample.file).mode & 0o777).toBe(0o600);
    expect(statSync(join(sample.home, ".scorpiox")).mode & 0o777).toBe(0o700);
    expectNoSecret(sample, run);
    expect(sample.authority.violations).toEqual([]);
    // What was saved is a login that prints.
    const printed = new InProcess(sample);
    expect(await printed.run(["--format", "token"])).toBe(0);
    expect(printed.out).toBe(`${sample.read().tokens.access_token}\n`);
    expect(sample.authority.stateOf(sample.read().tokens.access_token)).toBe("live");
  });

  it("waits for the person, counts down on a terminal, and leaves one clean line", async () => {
    const sample = await start();
    const run = new InProcess(sample, { terminal: true, env: { TERM: "xterm" } });
    const done = run.run(["login"]);
    const [, code = ""] = await run.seen(CODE);
    await run.seen(/\r1[45]:\d\d left, waiting for the code/u);
    expect(sample.authority.decideDevice(code, "approve")).toBe(true);
    expect(await done).toBe(0);
    expect(run.err).toMatch(/\r\u001b\[K[^\r]*logged in as/u);
    expectNoSecret(sample, run);
  });

  it.each<[string, Partial<AuthoritySettings>, string]>([
    ["the person says no", {}, "the login was refused on the page; nothing has changed"],
    ["the code's time is over", { deviceLifeMs: 900 }, "the login code was not used in time; start the login again"],
    ["there is no login by code", { deviceLogin: false }, "does not offer login by code"],
  ])("ends with 41 when %s, and changes nothing", async (name, settings, message) => {
    const sample = await start(settings);
    const run = new InProcess(sample);
    const done = run.run(["login"]);
    const failed = expect(done).rejects.toMatchObject({
      exitCode: 41,
      message: expect.stringContaining(message) as string,
    });
    if (name.includes("says no")) sample.authority.decideDevice((await run.seen(CODE))[1] ?? "", "deny");
    await failed;
    expect(existsSync(sample.file)).toBe(false);
    expect(sample.authority.violations).toEqual([]);
  });

  it("bears a service that breaks while it waits, and says so once", async () => {
    const sample = await start({ deviceApprovedAtPoll: 1 });
    sample.authority.addFault({ kind: "drop", on: "device_poll", times: 2 });
    const run = new InProcess(sample);
    expect(await run.run(["login"])).toBe(0);
    expect(run.err.match(/trying again/gu)).toHaveLength(1);
    expect(sample.authority.violations).toEqual([]);
  });

  it("ends when the process is asked to, at once", async () => {
    const sample = await start();
    const run = new InProcess(sample, { terminal: true });
    const done = run.run(["login"]);
    await run.seen(CODE);
    const reason = new Error("stop");
    run.abort.abort(reason);
    await expect(done).rejects.toBe(reason);
    expect(existsSync(sample.file)).toBe(false);
  });

  it("does not replace a login that lives, and with --force revokes the old one", async () => {
    const sample = await start({ deviceApprovedAtPoll: 1 });
    sample.signIn(3_600_000);
    const old = sample.read().tokens;
    const refused = new InProcess(sample);
    await expect(refused.run(["login"])).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(
        /holds a login of .*; replace it with --force, or keep both with --name NAME$/u,
      ) as string,
    });
    expect(sample.authority.counters().requests.device_start).toBe(0);
    const run = new InProcess(sample);
    expect(await run.run(["login", "--force"])).toBe(0);
    expect(run.err).toContain("the login that was there before is revoked");
    expect(sample.authority.stateOf(old.refresh_token)).not.toBe("live");
    expect(sample.authority.stateOf(sample.read().tokens.refresh_token)).toBe("live");
    expect(sample.authority.violations).toEqual([]);
  });

  it("replaces a login that the service has refused, without being asked to", async () => {
    const sample = await start({ deviceApprovedAtPoll: 1 });
    const login = sample.authority.signIn({ accessTokenLifeMs: -1000 });
    sample.put(".scorpiox/codex-auth.json", { ...login, tokens: { ...login.tokens, refresh_token: "" } });
    expect(await new InProcess(sample).run(["login"])).toBe(0);
    expect(sample.read().tokens.refresh_token).not.toBe("");
  });

  it("keeps the new login when the old one cannot be revoked", async () => {
    const sample = await start({ deviceApprovedAtPoll: 1 });
    sample.signIn(3_600_000);
    sample.authority.addFault({ kind: "status", status: 500, on: "revoke" });
    const run = new InProcess(sample);
    expect(await run.run(["login", "--force"])).toBe(0);
    expect(run.err).toMatch(/the login that was there before is not revoked: \S+ answered 500; it stays good/u);
  });

  it("revokes a login that cannot be saved, and leaves the old one as it is", async () => {
    const sample = await start({ deviceApprovedAtPoll: 1 });
    sample.put(".scorpiox/accounts", "not a folder");
    await expect(new InProcess(sample).run(["login", "--name", "work"])).rejects.toMatchObject({
      code: "write_failed",
    });
    expect(sample.authority.counters()).toMatchObject({ signIns: 1, familiesRevoked: 1, liveFamilies: 0 });
  });

  it("keeps accounts by name, and says how to use one", async () => {
    const sample = await start({ deviceApprovedAtPoll: 1 });
    const run = new InProcess(sample);
    expect(await run.run(["login", "--name", "work"])).toBe(0);
    expect(run.err).toContain("to use it, set CODEX_CREDENTIALS_FILE=~/.scorpiox/accounts/work.json");
    const file = join(sample.home, ".scorpiox/accounts/work.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expectNoSecret(sample, run, file);
    const printed = new InProcess(sample, { env: { CODEX_CREDENTIALS_FILE: "~/.scorpiox/accounts/work.json" } });
    expect(await printed.run(["--format", "token"])).toBe(0);
    const gone = new InProcess(sample);
    expect(await gone.run(["logout", "--name", "work"])).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  it("leaves the official client's file alone", async () => {
    const sample = await start({ deviceApprovedAtPoll: 1 });
    const path = sample.put(".codex/auth.json", sample.authority.signIn());
    const env = { CODEX_CREDENTIALS_FILE: path };
    for (const argv of [["login", "--force"], ["logout"]]) {
      await expect(new InProcess(sample, { env }).run(argv)).rejects.toMatchObject({
        exitCode: 52,
        message: expect.stringContaining("belongs to the official client") as string,
      });
    }
    expect(existsSync(path)).toBe(true);
    expect(sample.authority.counters().requests.revoke).toBe(0);
  });

  it("says what is wrong with a login service that is none", async () => {
    const sample = await start();
    sample.authority.addFault({ kind: "html", on: "device_start" });
    await expect(new InProcess(sample).run(["login"])).rejects.toMatchObject({
      exitCode: 58,
      message: expect.stringContaining("check CODEX_OAUTH_URL and the proxy") as string,
    });
  });
});

describe("login with a browser", () => {
  it("takes the answer that a browser brings", async () => {
    const sample = await start();
    const run = new InProcess(sample);
    const done = run.run(["login", "--browser", "--port", "0"]);
    const [url] = await run.seen(/http:\S+\/oauth\/authorize\S+/u);
    expect(await browse(url)).toContain("The terminal tells how the login went");
    expect(await done).toBe(0);
    expect(sample.authority.stateOf(sample.read().tokens.refresh_token)).toBe("live");
    expectNoSecret(sample, run);
    expect(sample.authority.violations).toEqual([]);
  });

  it("ends when the person says no on the page", async () => {
    const sample = await start({ consent: "deny" });
    const run = new InProcess(sample);
    const done = run.run(["login", "--browser", "--port", "0"]);
    const failed = expect(done).rejects.toMatchObject({
      exitCode: 41,
      message: "the login was refused on the page (access_denied); nothing has changed",
    });
    expect(await browse((await run.seen(/http:\S+\/oauth\/authorize\S+/u))[0])).toContain("The login was refused");
    await failed;
    expect(existsSync(sample.file)).toBe(false);
  });

  it("opens the system's browser", async () => {
    const sample = await start();
    const note = join(sample.home, "opened");
    chmodSync(sample.put("bin/xdg-open", `#!/bin/sh\nprintf %s "$1" > '${note}'\n`), 0o755);
    const run = new InProcess(sample, { env: { PATH: join(sample.home, "bin"), DISPLAY: ":0" } });
    const done = run.run(["login", "--browser", "--port", "0"]);
    const [url] = await run.seen(/http:\S+\/oauth\/authorize\S+/u);
    await expect.poll(() => existsSync(note) && readFileSync(note, "utf8")).toBe(url);
    await browse(url);
    expect(await done).toBe(0);
  });

  it("takes the address that a person pastes", async () => {
    const sample = await start();
    const run = new InProcess(sample, { terminal: true });
    const done = run.run(["login", "--browser", "--port", "0"]);
    const [url] = await run.seen(/http:\S+\/oauth\/authorize\S+/u);
    const page = await fetch(url, { redirect: "manual" });
    run.stdin.write("what is this\n");
    await run.seen(/this is not the address that the login ended at/u);
    run.stdin.write(`${page.headers.get("location") ?? ""}\n`);
    expect(await done).toBe(0);
    expectNoSecret(sample, run);
  });
});
