import { chmodSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { AuthorityHome } from "./authority-home.js";
import { InProcess } from "./in-process.js";

async function json(sample: AuthorityHome, env: Readonly<Record<string, string>> = {}, argv: readonly string[] = []) {
  const run = new InProcess(sample, { env });
  const code = await run.run(["status", "--json", ...argv]);
  expect(run.out).toMatch(/^\{[^\n]*\}\n$/u);
  return { code, status: JSON.parse(run.out) as Readonly<Record<string, unknown>>, text: run.out + run.err };
}

describe("status", () => {
  it("says all that matters about a login, and nothing secret, without the network", async () => {
    const sample = await AuthorityHome.start();
    sample.signIn(3_600_000);
    const { access_token, refresh_token, account_id } = sample.read().tokens;
    const { code, status, text } = await json(sample);
    expect({ code, status }).toEqual({
      code: 0,
      status: {
        v: 1,
        state: "ok",
        source: "local",
        file: sample.file,
        mode: "600",
        account_id,
        plan: expect.stringMatching(/^\w+$/u) as string,
        email: expect.stringMatching(/^\S\*\*\*@\S+$/u) as string,
        expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u) as string,
        refreshed_at: expect.stringMatching(/^\d{4}-/u) as string,
        refresh: "possible",
        refresh_error: null,
        refresh_error_at: null,
        refresh_again_at: null,
      },
    });
    const run = new InProcess(sample);
    expect(await run.run(["status"])).toBe(0);
    expect(run.out).toMatch(/^login {6}ok\naccount {4}\S+\nplan /u);
    expect(run.out).toMatch(/^token {6}good until \S+Z \(in (?:59 min|1 h)[^)]*\)$/mu);
    expect(run.out).toMatch(/^file {7}~\/\.scorpiox\/codex-auth\.json \(mode 600\)$/mu);
    for (const secret of [access_token, refresh_token]) expect(text + run.out + run.err).not.toContain(secret);
    expect(sample.authority.rows).toEqual([]);
  });

  it("knows a login that the service has refused", async () => {
    const sample = await AuthorityHome.start();
    sample.signIn(-1000);
    const { createHash } = await import("node:crypto");
    sample.put(".scorpiox/codex-auth.json.refused", {
      refresh_token_sha256: createHash("sha256").update(sample.read().tokens.refresh_token).digest("hex"),
      url: `${sample.authority.url}/oauth/token`,
      code: "refresh_token_reused",
      at: Date.parse("2026-11-21T00:00:00Z"),
    });
    expect(await json(sample)).toMatchObject({
      code: 41,
      status: {
        state: "refused",
        refresh: "refused",
        refresh_error: "refresh_token_reused",
        refresh_error_at: "2026-11-21T00:00:00Z",
      },
    });
    const run = new InProcess(sample);
    expect(await run.run(["status"])).toBe(41);
    expect(run.out).toContain("refused for good at 2026-11-21T00:00:00Z (refresh_token_reused)");
    // And such a login is no obstacle to the next one.
    sample.authority.configure({ deviceIntervalS: 1, deviceApprovedAtPoll: 1 });
    expect(await new InProcess(sample).run(["login"])).toBe(0);
    expect((await json(sample)).status).toMatchObject({ state: "ok", refresh_error: null });
  });

  it("is fine with an access token that is over, as long as there is a way to the next one", async () => {
    const sample = await AuthorityHome.start();
    sample.signIn(-1000);
    expect(await json(sample)).toMatchObject({ code: 0, status: { state: "ok", refresh: "possible" } });
  });

  it("knows the official client's login, which that renews itself", async () => {
    const sample = await AuthorityHome.start();
    const path = sample.put(".codex/auth.json", sample.authority.signIn({ accessTokenLifeMs: -1000 }));
    expect(await json(sample)).toMatchObject({
      code: 41,
      status: { state: "expired", refresh: "left_alone", file: path },
    });
    expect(await json(sample, { CODEX_SHARE_LOGIN: "1" })).toMatchObject({ code: 0, status: { refresh: "possible" } });
  });

  it("says what is missing or broken, as JSON when that is asked for", async () => {
    const sample = await AuthorityHome.start();
    expect(await json(sample)).toMatchObject({
      code: 41,
      status: { state: "none", message: expect.stringContaining("no Codex login on this machine") as string },
    });
    expect(await json(sample, {}, ["--name", "work"])).toMatchObject({ code: 41, status: { state: "none" } });
    await expect(new InProcess(sample).run(["status"])).rejects.toMatchObject({ exitCode: 41 });
    sample.put(".scorpiox/codex-auth.json", '{"tokens":{"access_token":"SECRET');
    const broken = await json(sample);
    expect(broken).toMatchObject({ code: 42, status: { state: "broken" } });
    expect(broken.text).not.toContain("SECRET");
  });

  it("makes an open file private, and says so", async () => {
    const sample = await AuthorityHome.start();
    sample.signIn(3_600_000);
    chmodSync(sample.file, 0o644);
    const run = new InProcess(sample);
    expect(await run.run(["status"])).toBe(0);
    expect(run.err).toContain("was open to other users (mode 644); it is private now");
    expect(run.out).toContain("(mode 600)");
  });

  it("says when the token is not from this machine", async () => {
    const sample = await AuthorityHome.start();
    const env = { CODEX_TOKEN_SOURCE: "remote" };
    expect(await json(sample, env)).toMatchObject({ code: 0, status: { v: 1, state: "elsewhere", source: "remote" } });
    const run = new InProcess(sample, { env });
    expect(await run.run(["status"])).toBe(0);
    expect(run.out).toContain("from the source remote");
  });
});
