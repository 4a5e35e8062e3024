import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Credential } from "../../src/credentials/credential.js";
import { CredentialError } from "../../src/credentials/credential-error.js";
import { type CachedCredential, type TokenCacheOptions, withTokenCache } from "../../src/credentials/token-cache.js";
import { gate } from "../loopback.js";
import { jwt } from "./logins.js";

const isRoot = userInfo().uid === 0;
const MINUTE_MS = 60_000;

let home: string;
let nowMs: number;
let requests: number;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sx-token-cache-"));
  const folder = home;
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  nowMs = Date.parse("2026-11-21T00:00:00Z");
  requests = 0;
});

type Fetch = () => Promise<Credential>;

function ask(fetch: Fetch, options: Partial<TokenCacheOptions> = {}): Promise<CachedCredential> {
  const fixed = { identity: ["test"], giver: "the giver", home, env: {}, now: () => nowMs };
  return withTokenCache({ ...fixed, ...options }, () => {
    requests += 1;
    return fetch();
  });
}

async function tokenOf(fetch: Fetch, options: Partial<TokenCacheOptions> = {}): Promise<string> {
  return (await ask(fetch, options)).credential.accessToken;
}

/** Somebody who gives out this token. */
function giving(accessToken: string, minutes?: number): Fetch {
  const expiresAtMs = minutes === undefined ? {} : { expiresAtMs: nowMs + minutes * MINUTE_MS };
  return async () => ({ accessToken, ...expiresAtMs, refreshToken: "rt-SECRET", raw: { refresh_token: "rt-SECRET" } });
}

function failing(code: ConstructorParameters<typeof CredentialError>[0], retryAfterMs?: number): Fetch {
  return async () => {
    throw new CredentialError(code, "the giver says no", { retryAfterMs });
  };
}

const tokens = (): string => join(home, ".cache/scorpiox/tokens");

async function readEntry(): Promise<{ readonly path: string; readonly text: string }> {
  const name = (await readdir(tokens())).find((one) => one.endsWith(".json")) ?? "none";
  const path = join(tokens(), name);
  return { path, text: await readFile(path, "utf8") };
}

describe("withTokenCache", () => {
  it("asks once, and gives the rest what it has", async () => {
    expect(await tokenOf(giving("one", 60))).toBe("one");
    expect(await ask(giving("two", 60))).toEqual({
      credential: { accessToken: "one", expiresAtMs: nowMs + 60 * MINUTE_MS, raw: {} },
      warnings: [],
    });
    expect(requests).toBe(1);
  });

  it("keeps what a credential says, but never a refresh token", async () => {
    const accessToken = jwt({ exp: nowMs / 1000 + 7200 });
    const credential = { accessToken, accountId: "acc", plan: "plus", email: "me@example.org" };
    const expiresAtMs = nowMs + 60 * MINUTE_MS;
    await ask(async () => ({ ...credential, expiresAtMs, refreshToken: "rt-SECRET", raw: { x: "rt-SECRET" } }));
    expect((await ask(giving("other"))).credential).toEqual({ ...credential, expiresAtMs, raw: {} });
    expect((await readEntry()).text).not.toContain("rt-SECRET");
  });

  it("keeps it private, under the hash of the identity", async () => {
    const mask = process.umask(0);
    try {
      await ask(giving("one", 60), { identity: ["remote", "https://x", "KEY"] });
    } finally {
      process.umask(mask);
    }
    const hash = createHash("sha256")
      .update(JSON.stringify(["remote", "https://x", "KEY"]))
      .digest("hex");
    expect((await readEntry()).path).toBe(join(tokens(), `${hash}.json`));
    expect((await stat(tokens())).mode & 0o777).toBe(0o700);
    for (const name of await readdir(tokens())) expect((await stat(join(tokens(), name))).mode & 0o777).toBe(0o600);
  });

  it("follows XDG_CACHE_HOME", async () => {
    await ask(giving("one", 60), { env: { XDG_CACHE_HOME: join(home, "xdg") } });
    expect(await readdir(join(home, "xdg/scorpiox/tokens"))).not.toEqual([]);
  });

  it("keeps identities apart", async () => {
    await ask(giving("one", 60), { identity: ["a", "b"] });
    expect(await tokenOf(giving("two", 60), { identity: ["a", "b", ""] })).toBe("two");
    expect(await tokenOf(giving("three", 60), { identity: ["ab"] })).toBe("three");
  });

  it.each([
    ["good", 60, 0, 0, "old"],
    ["long enough", 60, 10, 50, "old"],
    ["not long enough", 60, 11, 50, "new"],
    ["almost over", 60, 59.5, 0, "new"],
    ["over", 60, 61, 0, "new"],
    ["of unknown end and young", undefined, 4, 50, "old"],
    ["of unknown end and old", undefined, 5, 0, "new"],
    ["from the future, as the clock was set back", 60, -1, 0, "new"],
  ])("with a token that is %s", async (_name, minutes, ageMinutes, minTtlMinutes, expected) => {
    await ask(giving("old", minutes));
    nowMs += ageMinutes * MINUTE_MS;
    expect(await tokenOf(giving("new", 120), { minTtlMs: minTtlMinutes * MINUTE_MS })).toBe(expected);
  });

  it("does not ask on and on for a longer life than there is", async () => {
    for (let round = 0; round < 3; round += 1) {
      await expect(ask(giving("short", 5), { minTtlMs: 10 * MINUTE_MS })).rejects.toMatchObject({
        code: "ttl_too_short",
        exitCode: 60,
        message:
          "the access token of the giver lives for 300 s, less than the 600 s asked for; ask for less, or try again when it has been renewed there",
      });
    }
    expect(requests).toBe(1);
    nowMs += MINUTE_MS;
    expect(await tokenOf(giving("long", 60), { minTtlMs: 10 * MINUTE_MS })).toBe("long");
  });

  it("hands out nothing that is over when it comes", async () => {
    await expect(ask(giving("x", 0))).rejects.toMatchObject({
      code: "login_needed",
      message: "the access token of the giver expired at 2026-11-21T00:00:00.000Z; the login there must be renewed",
    });
  });
});

describe("a refused token", () => {
  const rejected = { accessToken: "refused" };

  it("makes room for the next, for everybody", async () => {
    await ask(giving("refused", 60));
    expect(await tokenOf(giving("next", 60), { rejected })).toBe("next");
    expect(await tokenOf(giving("none", 60), { rejected })).toBe("next");
    expect(await tokenOf(giving("none", 60))).toBe("next");
    expect(requests).toBe(2);
  });

  it("is handed to nobody while the next is fetched, nor when that fails", async () => {
    await ask(giving("refused", 60));
    const asked = gate();
    const go = gate();
    const renewing = ask(
      async () => {
        asked.open();
        await go.opened;
        throw new CredentialError("network", "no answer", { retryAfterMs: 0 });
      },
      { rejected },
    );
    await asked.opened;
    expect((await readEntry()).text).not.toContain('"access_token":"refused"');
    go.open();
    await expect(renewing).rejects.toMatchObject({ code: "network" });
    expect(await tokenOf(giving("next", 60))).toBe("next");
  });

  it("is not taken a second time from a giver that has no other, for five minutes", async () => {
    await ask(giving("refused", 600));
    const again = giving("refused", 600);
    const refusal = { code: "login_needed", exitCode: 41 };
    await expect(ask(again, { rejected })).rejects.toMatchObject(refusal);
    nowMs += 4 * MINUTE_MS;
    await expect(ask(again)).rejects.toMatchObject(refusal);
    await expect(ask(again, { rejected })).rejects.toMatchObject(refusal);
    nowMs += 5 * MINUTE_MS;
    await expect(ask(again, { rejected })).rejects.toMatchObject(refusal);
    nowMs += 5 * MINUTE_MS;
    expect(await tokenOf(again)).toBe("refused");
  });
});

describe("a failure", () => {
  it.each([
    ["for as long as it says", 30_000, 29_999, 30_000],
    ["for five seconds when it says nothing", undefined, 4_999, 5_000],
    ["for an hour at most", 86_400_000, 3_599_999, 3_600_000],
  ])("is remembered %s", async (_name, retryAfterMs, beforeMs, afterMs) => {
    const startMs = nowMs;
    await expect(ask(failing("limited", retryAfterMs))).rejects.toMatchObject({ message: "the giver says no" });
    nowMs = startMs + beforeMs;
    await expect(ask(giving("one", 600))).rejects.toMatchObject({
      code: "limited",
      exitCode: 57,
      message: "the giver says no (it is asked again in 1 s at the earliest)",
    });
    nowMs = startMs + afterMs;
    expect(await tokenOf(giving("one", 600))).toBe("one");
  });

  it("is not remembered when it says so, or is no CredentialError", async () => {
    await expect(ask(failing("configuration", 0))).rejects.toMatchObject({ code: "configuration" });
    const bug = new TypeError("x");
    await expect(ask(() => Promise.reject(bug))).rejects.toBe(bug);
    expect(await tokenOf(giving("one", 60))).toBe("one");
  });

  it("does not take away a token that will do", async () => {
    await ask(giving("old", 10));
    nowMs += 9.5 * MINUTE_MS;
    expect(await tokenOf(failing("network"))).toBe("old");
    expect(await tokenOf(giving("new", 60))).toBe("old");
    await expect(ask(giving("new", 60), { minTtlMs: MINUTE_MS })).rejects.toMatchObject({ code: "network" });
    nowMs += 5_000;
    expect(await tokenOf(giving("new", 60))).toBe("new");
  });
});

describe("many at once", () => {
  it("make one request, also when it fails", async () => {
    const all = (fetch: Fetch) => Promise.allSettled(Array.from({ length: 20 }, () => ask(fetch)));
    const failures = await all(failing("login_needed", 1000));
    expect(failures.map(({ status }) => status)).toEqual(Array(20).fill("rejected"));
    expect(requests).toBe(1);
    nowMs += 1000;
    const answers = await all(giving("one", 60));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill("fulfilled"));
    expect(requests).toBe(2);
  });

  it("wait no longer than they want to", async () => {
    const go = gate();
    const asked = gate();
    const first = ask(async () => {
      asked.open();
      await go.opened;
      return giving("one", 60)();
    });
    await asked.opened;
    await expect(ask(giving("two", 60), { waitMs: 0 })).rejects.toMatchObject({
      code: "lock_busy",
      exitCode: 61,
      message: expect.stringContaining("the token of the giver is locked") as string,
    });
    const controller = new AbortController();
    const second = expect(ask(giving("two", 60), { signal: controller.signal })).rejects.toBe("enough");
    controller.abort("enough");
    await second;
    go.open();
    expect((await first).credential.accessToken).toBe("one");
  });

  it("do not suffer from one that gives up", async () => {
    const controller = new AbortController();
    const first = ask(
      () => {
        controller.abort("enough");
        return Promise.reject(new CredentialError("network", "cut off"));
      },
      { signal: controller.signal },
    );
    await expect(first).rejects.toMatchObject({ message: "cut off" });
    expect(await tokenOf(giving("one", 60))).toBe("one");
  });
});

describe("a cache that cannot be used", () => {
  it.each([
    [
      "a file in the place of a folder",
      () => writeFile(join(home, ".cache"), ""),
      /^the token cache is not used: .*(ENOTDIR|EEXIST)/u,
    ],
    [
      "a folder in the place of the file",
      () => mkdir(join(tokens(), hashOf("test")), { recursive: true }),
      /not a regular file/u,
    ],
    [
      "a device in the place of the file",
      async () => {
        await mkdir(tokens(), { recursive: true });
        await symlink("/dev/zero", join(tokens(), hashOf("test")));
      },
      /not a regular file/u,
    ],
  ])("because of %s is done without, with a warning", async (_name, spoil, warning) => {
    await spoil();
    const { credential, warnings } = await ask(giving("one", 60));
    expect(credential.accessToken).toBe("one");
    expect(warnings).toEqual([expect.stringMatching(warning)]);
  });

  it("because its text is broken is replaced", async () => {
    for (const text of [
      "",
      "{",
      "[]",
      '{"v":2}',
      '{"v":1,"token":{"access_token":"a b","fetched_at":1},"refused":[1]}',
    ]) {
      await mkdir(tokens(), { recursive: true });
      await writeFile(join(tokens(), hashOf("test")), text, { mode: 0o600 });
      expect(await tokenOf(giving("one", 60))).toBe("one");
      expect(await tokenOf(giving("two", 60))).toBe("one");
    }
  });

  it("closes a folder that others could look into", async () => {
    await mkdir(tokens(), { recursive: true });
    await chmod(tokens(), 0o777);
    await ask(giving("one", 60));
    expect((await stat(tokens())).mode & 0o777).toBe(0o700);
  });

  it.skipIf(!isRoot)("does not believe what another user wrote (skipped unless root)", async () => {
    await ask(giving("one", 60));
    const { chown } = await import("node:fs/promises");
    await chown((await readEntry()).path, 4321, 4321);
    const { credential, warnings } = await ask(giving("two", 60));
    expect(credential.accessToken).toBe("two");
    expect(warnings).toEqual([expect.stringContaining("belongs to another user") as string]);
    await rm((await readEntry()).path);
    await chown(tokens(), 4321, 4321);
    expect((await ask(giving("three", 60))).warnings).toEqual([
      "the token cache is not used: ~/.cache/scorpiox/tokens: it belongs to another user",
    ]);
    expect(await readdir(tokens())).not.toContain(hashOf("test"));
  });
});

function hashOf(...identity: readonly string[]): string {
  return `${createHash("sha256").update(JSON.stringify(identity)).digest("hex")}.json`;
}
