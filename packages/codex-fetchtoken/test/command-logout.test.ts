import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { AuthorityHome } from "./authority-home.js";
import { InProcess } from "./in-process.js";

describe("logout", () => {
  it("revokes the login and removes its file", async () => {
    const sample = await AuthorityHome.start();
    sample.signIn(3_600_000);
    const { refresh_token } = sample.read().tokens;
    const run = new InProcess(sample);
    expect(await run.run(["logout"])).toBe(0);
    expect({ out: run.out, err: run.err }).toEqual({
      out: "",
      err: "scorpiox-codex-fetchtoken: logged out: the login is revoked, and ~/.scorpiox/codex-auth.json is removed\n",
    });
    expect(existsSync(sample.file)).toBe(false);
    expect(sample.authority.stateOf(refresh_token)).not.toBe("live");
    expect(sample.authority.violations).toEqual([]);
    const again = new InProcess(sample);
    expect(await again.run(["logout"])).toBe(0);
    expect(again.err).toContain("there is no login in ~/.scorpiox/codex-auth.json; nothing to do");
  });

  it.each([
    ["refuses", { kind: "status", status: 500, on: "revoke" }, "answered 500"],
    ["breaks", { kind: "drop", on: "revoke" }, "cannot reach 127.0.0.1"],
  ] as const)("removes the file also when the service %s", async (_name, fault, why) => {
    const sample = await AuthorityHome.start();
    sample.signIn(3_600_000);
    sample.authority.addFault(fault);
    const run = new InProcess(sample);
    expect(await run.run(["logout"])).toBe(0);
    expect(run.err).toContain(why);
    expect(run.err).toMatch(/is removed, but the login is not revoked: .*; it stays good until it ends\n$/u);
    expect(existsSync(sample.file)).toBe(false);
  });

  it("removes a file that is broken", async () => {
    const sample = await AuthorityHome.start();
    sample.put(".scorpiox/codex-auth.json", "{");
    const run = new InProcess(sample);
    expect(await run.run(["logout"])).toBe(0);
    expect(run.err).toContain("it held nothing that could be revoked");
    expect(existsSync(sample.file)).toBe(false);
  });

  it("names the login that is used from then on", async () => {
    const sample = await AuthorityHome.start();
    sample.signIn(3_600_000);
    sample.put(".codex/auth.json", sample.authority.signIn());
    const run = new InProcess(sample);
    expect(await run.run(["logout"])).toBe(0);
    expect(run.err).toContain("~/.codex/auth.json is another login, which is used from now on");
  });

  it("leaves the file when it is ended while it waits for the service", async () => {
    const sample = await AuthorityHome.start();
    sample.signIn(3_600_000);
    sample.authority.addFault({ kind: "stall", on: "revoke" });
    const run = new InProcess(sample);
    const done = run.run(["logout"]);
    await expect.poll(() => sample.authority.counters().requests.revoke).toBe(1);
    const reason = new Error("stop");
    run.abort.abort(reason);
    await expect(done).rejects.toBe(reason);
    expect(existsSync(sample.file)).toBe(true);
  });
});
