import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { userInfo } from "node:os";
import { beforeAll, describe, expect, it } from "vitest";
import { AuthorityHome } from "./authority-home.js";
import { checkBuilt, LOCK_KINDS, run } from "./command-run.js";

const hasStrace = spawnSync("strace", ["-V"]).status === 0;
const isRoot = userInfo().uid === 0;
const TOKEN = ["--format", "token"];

beforeAll(checkBuilt);

describe.each(LOCK_KINDS)("an expired login, under $kind", ({ wrapper }) => {
  it("is refreshed, saved and printed", async () => {
    const home = await AuthorityHome.start();
    const old = home.signIn();
    const ran = await run(home, TOKEN, {}, wrapper);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    const { access_token: saved } = home.read().tokens;
    expect(ran.stdout).toBe(`${saved}\n`);
    expect(saved).not.toBe(old);
    expect(home.authority.stateOf(saved)).toBe("live");
    expect(await run(home, TOKEN, {}, wrapper)).toEqual(ran);
    expect(home.authority.counters()).toMatchObject({ refreshes: 1, reuses: 0, requests: { refresh: 1 } });
  });

  // Without the kernel's help they all have to ask again and again, so there are fewer of them.
  const count = wrapper.length === 0 ? 200 : 50;
  it(`is refreshed once for ${count} processes at once, and all print the same live token`, async () => {
    const home = await AuthorityHome.start({ settings: { beforeCommitMs: 30, afterCommitMs: 30 } });
    home.signIn();
    const ran = await Promise.all(
      Array.from({ length: count }, () => run(home, [...TOKEN, "--timeout", "120"], {}, wrapper)),
    );
    const { access_token: saved } = home.read().tokens;
    for (const one of ran) expect(one).toEqual({ code: 0, stdout: `${saved}\n`, stderr: "" });
    expect(home.authority.stateOf(saved)).toBe("live");
    expect(home.authority.counters()).toMatchObject({ refreshes: 1, reuses: 0, requests: { refresh: 1 } });
    expect(home.authority.violations).toEqual([]);
  });

  it("that is refused for good costs one request, however many ask", async () => {
    const home = await AuthorityHome.start();
    home.signIn();
    home.authority.revoke(home.read().tokens.refresh_token);
    const before = readFileSync(home.file, "utf8");
    for (let wave = 0; wave < 4; wave += 1) {
      const ran = await Promise.all(Array.from({ length: 50 }, () => run(home, ["--timeout", "120"], {}, wrapper)));
      for (const one of ran) {
        expect(one).toMatchObject({ code: 41, stdout: "" });
        expect(one.stderr).toMatch(
          /^scorpiox-codex-fetchtoken: [^\n]*its refresh token was revoked; log in again with [^\n]*\n$/u,
        );
      }
    }
    expect(home.authority.counters().requests.refresh).toBe(1);
    expect(readFileSync(home.file, "utf8")).toBe(before);
    // A new login is not held back by what was known about the old one.
    home.signIn();
    expect(await run(home, TOKEN, {}, wrapper)).toMatchObject({ code: 0, stderr: "" });
    expect(home.hasMarker()).toBe(false);
  });
});

it.skipIf(LOCK_KINDS.length > 1)("the chain of files was NOT tested: hiding flock needs root and unshare(1)", () => {
  expect(LOCK_KINDS).toHaveLength(1);
});

describe("a refresh", () => {
  it("goes on when whoever asked for it gives up", async () => {
    const home = await AuthorityHome.start({ settings: { afterCommitMs: 700 } });
    home.signIn();
    const first = await run(home, [...TOKEN, "--timeout", "0.4"]);
    expect(first).toMatchObject({ code: 124, stdout: "" });
    const second = await run(home, TOKEN);
    expect(second).toMatchObject({ code: 0, stderr: "" });
    expect(home.authority.stateOf(second.stdout.trim())).toBe("live");
    expect(home.authority.counters()).toMatchObject({ refreshes: 1, reuses: 0, lostAnswers: 0 });
  });

  it("shows no token in the process list or an environment", async () => {
    const home = await AuthorityHome.start({ settings: { beforeCommitMs: 400 } });
    home.signIn();
    const { access_token: accessToken, refresh_token: refreshToken } = home.read().tokens;
    const running = run(home, TOKEN);
    const seen: string[] = [];
    while (home.authority.counters().refreshes === 0) {
      seen.push(...readProcesses());
      await sleep(20);
    }
    await running;
    expect(seen.some((text) => text.includes("refresher.cjs"))).toBe(process.platform === "linux");
    for (const secret of [accessToken, refreshToken]) expect(seen.some((text) => text.includes(secret))).toBe(false);
  });

  it("leaves only private files behind, whatever the umask", async () => {
    const home = await AuthorityHome.start();
    home.signIn();
    const wrapper = ["sh", "-c", 'umask 000; exec "$@"', "sh"];
    expect(await run(home, TOKEN, {}, wrapper)).toMatchObject({ code: 0 });
    home.authority.revoke(home.read().tokens.refresh_token);
    expect(await run(home, ["--min-ttl", "864001"], {}, wrapper)).toMatchObject({ code: 60 });
    const folder = join(home.home, ".scorpiox");
    const modes = readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]);
    expect(Object.fromEntries(modes)).toEqual({
      "codex-auth.json": "600",
      "codex-auth.json.lock": "600",
      "codex-auth.json.refresh.lock": "600",
    });
  });

  it("keeps what it does not know, and the mode of the file's kind", async () => {
    const home = await AuthorityHome.start();
    home.signIn();
    const login = home.read();
    home.put(".scorpiox/codex-auth.json", { ...login, tokens: { ...login.tokens, login_owner_id: "x" }, later: [1] });
    await run(home, TOKEN);
    expect(home.read()).toMatchObject({ tokens: { login_owner_id: "x" }, later: [1], auth_mode: "chatgpt" });
    expect(Date.now() - Date.parse(home.read().last_refresh)).toBeLessThan(60_000);
  });

  it("leaves the official client's file alone, unless it is shared", async () => {
    const home = await AuthorityHome.start();
    home.put(".codex/auth.json", home.authority.signIn({ accessTokenLifeMs: -1000 }));
    const alone = await run(home, TOKEN);
    expect(alone).toMatchObject({ code: 41, stdout: "" });
    expect(alone.stderr).toMatch(/official client.*use that once.*CODEX_SHARE_LOGIN=1.*fetchtoken login/u);
    expect(home.authority.counters().requests.refresh).toBe(0);
    expect(readdirSync(join(home.home, ".codex"))).toEqual(["auth.json"]);
    const shared = await run(home, TOKEN, { CODEX_SHARE_LOGIN: "1" });
    expect(shared).toMatchObject({ code: 0 });
    expect(shared.stderr).toMatch(/^[^\n]*shared with the official client[^\n]*\n$/u);
    // Also when it was chosen by name.
    const chosen = { CODEX_CREDENTIALS_FILE: home.put("link.json", "") };
    writeFileSync(chosen.CODEX_CREDENTIALS_FILE, JSON.stringify(home.authority.signIn({ accessTokenLifeMs: -1000 })), {
      mode: 0o600,
    });
    expect(await run(home, TOKEN, chosen)).toMatchObject({ code: 0, stderr: "" });
  });

  it("hands out the old token while it lives, with a warning, when there is no new one", async () => {
    const home = await AuthorityHome.start();
    const old = home.signInLongAgo(200_000);
    home.authority.addFault({ kind: "status", status: 503, times: "any", retryAfter: 3600 });
    const ran = await run(home, TOKEN);
    expect(ran).toMatchObject({ code: 0, stdout: `${old}\n` });
    expect(ran.stderr).toMatch(/^[^\n]*answered 503[^\n]*; the old token is used\n$/u);
    const requests = home.authority.counters().requests.refresh;
    expect(requests).toBe(1);
    expect(await run(home, ["--min-ttl", "3600"])).toMatchObject({ code: 60, stdout: "" });
    // Nobody tries again before the time that the service has named.
    expect(home.authority.counters().requests.refresh).toBe(requests);
    home.authority.clearFaults();
  });

  it.each([
    ["429", { kind: "status", status: 429, retryAfter: 3600 }, 57, "answered 429", "rotated"],
    ["503", { kind: "status", status: 503, retryAfter: 3600 }, 58, "answered 503", "rotated"],
    ["a web page", { kind: "html", times: 2 }, 58, "without a token", "rotated"],
    ["garbage", { kind: "garbage", times: 2 }, 58, "without a token", "rotated"],
    ["a huge answer", { kind: "oversize", times: 2 }, 58, "longer than 1048576 bytes", "rotated"],
    ["a reset connection", { kind: "drop", times: 2 }, 58, "closed before an answer", "rotated"],
    ["a redirect", { kind: "redirect", location: "http://127.0.0.1:9/" }, 58, "answered 302", "rotated"],
    ["a refusal without a word", { kind: "status", status: 401 }, 41, "refused its refresh token", undefined],
    ["another account", { kind: "account", accountId: "other" }, 41, "another account and were not saved", undefined],
  ] as const)("that meets %s says so in one line, and spoils nothing", async (_name, fault, code, words, next) => {
    const home = await AuthorityHome.start();
    home.signIn();
    const before = readFileSync(home.file, "utf8");
    home.authority.addFault(fault);
    const ran = await run(home, TOKEN);
    expect(ran).toMatchObject({ code, stdout: "" });
    expect(ran.stderr).toMatch(/^[^\n]+\n$/u);
    expect(ran.stderr).toContain(words);
    expect(readFileSync(home.file, "utf8")).toBe(before);
    expect(ran.stderr).not.toMatch(/eyJ|rt_/u);
    const marker = JSON.parse(readFileSync(`${home.file}.refused`, "utf8")) as { readonly until?: number };
    expect(marker.until === undefined).toBe(next === undefined);
  });

  it("is tried again within its budget when the service is busy for a moment", async () => {
    const home = await AuthorityHome.start();
    home.signIn();
    home.authority.addFault({ kind: "status", status: 503, times: 2 });
    expect(await run(home, TOKEN)).toMatchObject({ code: 0, stderr: "" });
    expect(home.authority.counters()).toMatchObject({ refreshes: 1, requests: { refresh: 3 } });
  });

  it("takes the repeated answer of a service that repeats it", async () => {
    const home = await AuthorityHome.start({ settings: { graceMs: 60_000 } });
    home.signIn();
    home.authority.addFault({ kind: "drop", commit: true });
    expect(await run(home, TOKEN)).toMatchObject({ code: 0, stderr: "" });
    expect(home.authority.counters()).toMatchObject({ refreshes: 1, graceRefreshes: 1, reuses: 0 });
    expect(home.authority.stateOf(home.read().tokens.refresh_token)).toBe("live");
  });

  it("tells a clock that is wrong from a token that is over", async () => {
    // The authority's clock is a month behind ours: its new tokens, good for ten days, seem to be over at once.
    const home = await AuthorityHome.start({ settings: { clockSkewMs: -30 * 86_400_000 } });
    home.put(".scorpiox/codex-auth.json", home.authority.signIn({ accessTokenLifeMs: -1000 }));
    const ran = await run(home, TOKEN);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toMatch(/^[^\n]*the clock of this machine is \d+ minutes ahead[^\n]*\n$/u);
    expect(await run(home, TOKEN)).toEqual({ code: 0, stdout: ran.stdout, stderr: "" });
    expect(home.authority.counters().refreshes).toBe(1);
  });

  it("is not begun when its result could not be kept (skipped without strace)", async (context) => {
    if (!hasStrace) context.skip();
    const home = await AuthorityHome.start();
    home.signIn();
    const before = readFileSync(home.file, "utf8");
    const wrapper = ["strace", "-f", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO"];
    const ran = await run(home, TOKEN, {}, wrapper);
    expect(ran).toMatchObject({ code: 1, stdout: "" });
    expect(ran.stderr).toContain("a new login could not be saved (EIO); nothing was sent");
    expect(home.authority.counters().requests.refresh).toBe(0);
    expect(readFileSync(home.file, "utf8")).toBe(before);
    expect(await run(home, TOKEN)).toMatchObject({ code: 0, stderr: "" });
  });

  it("is not begun on a full disk, and keeps its room on one that fills up (skipped unless root)", async (context) => {
    if (!isRoot) context.skip();
    const home = await AuthorityHome.start();
    const disk = home.put("disk/x", "").slice(0, -2);
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=128k", "none", disk]).status !== 0) context.skip();
    try {
      const file = join(disk, "auth.json");
      const env = { CODEX_CREDENTIALS_FILE: file };
      writeFileSync(file, JSON.stringify(home.authority.signIn({ accessTokenLifeMs: -1000 })), { mode: 0o600 });
      const before = readFileSync(file, "utf8");
      const filler = join(disk, "filler");
      fill(filler);
      const full = await run(home, TOKEN, env);
      expect(full).toMatchObject({ code: 1, stdout: "" });
      expect(full.stderr).toContain("no space left");
      expect(home.authority.counters().requests.refresh).toBe(0);
      expect(readFileSync(file, "utf8")).toBe(before);

      writeFileSync(filler, "");
      home.authority.configure({ beforeCommitMs: 500 });
      const running = run(home, TOKEN, env);
      while (!readdirSync(disk).includes(".auth.json.reserve")) await sleep(5);
      await sleep(100);
      fill(filler);
      expect(await running).toMatchObject({ code: 0, stderr: "" });
      expect(home.authority.counters()).toMatchObject({ refreshes: 1 });
      expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ auth_mode: "chatgpt" });
      expect(readdirSync(disk).filter((name) => name.includes("reserve") || name.includes("tmp"))).toEqual([]);
    } finally {
      spawnSync("umount", ["-l", disk]);
    }
  });
});

describe("a token that is good", () => {
  it("costs no lock, no child and no request", async () => {
    const home = await AuthorityHome.start();
    const accessToken = home.signIn(3_600_000);
    const log = join(home.home, "strace");
    const wrapper = hasStrace ? ["strace", "-f", "-qq", "-e", "trace=execve", "-e", "signal=none", "-o", log] : [];
    expect(await run(home, TOKEN, {}, wrapper)).toEqual({ code: 0, stdout: `${accessToken}\n`, stderr: "" });
    expect(readdirSync(join(home.home, ".scorpiox"))).toEqual(["codex-auth.json"]);
    expect(home.authority.rows).toEqual([]);
    if (hasStrace) expect(readFileSync(log, "utf8").match(/execve\(/gu)).toHaveLength(1);
  });
});

/** The command lines and environments of all processes that we may look into. */
function readProcesses(): string[] {
  const texts: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/u.test(name) && Number(name) !== process.pid)) {
    for (const file of ["cmdline", "environ"]) {
      try {
        texts.push(readFileSync(`/proc/${pid}/${file}`, "latin1"));
      } catch {
        // It has ended, or is somebody else's.
      }
    }
  }
  return texts;
}

function fill(path: string): void {
  try {
    writeFileSync(path, Buffer.alloc(1024 * 1024, 1));
  } catch {
    // That is what it is for.
  }
}
