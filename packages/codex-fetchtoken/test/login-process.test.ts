import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { AuthorityHome } from "./authority-home.js";
import { BIN, checkBuilt, CommandRun, run } from "./command-run.js";

beforeAll(checkBuilt);

describe("the commands about a login, as processes", () => {
  it("logs in under umask 000 with private files, and without a secret in output or process list", async () => {
    const sample = await AuthorityHome.start({ settings: { deviceIntervalS: 1 } });
    const child = spawn("/bin/sh", ["-c", `umask 000; exec "$0" "$@"`, process.execPath, BIN, "login"], {
      cwd: sample.home,
      env: { ...sample.env, PATH: process.env["PATH"] ?? "" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let approved = false;
    let processes = "";
    const look = (text: string): void => {
      output += text;
      const code = /\b[A-Z0-9]{4}-[A-Z0-9]{5}\b/u.exec(output)?.[0];
      if (code === undefined || approved) return;
      approved = sample.authority.decideDevice(code, "approve");
    };
    child.stdout.setEncoding("utf8").on("data", look);
    child.stderr.setEncoding("utf8").on("data", look);
    const watching = setInterval(() => (processes += execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })), 100);
    const code = await new Promise((resolve) => {
      child.once("close", resolve);
    });
    clearInterval(watching);
    expect(code).toBe(0);
    const folder = join(sample.home, ".scorpiox");
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const { tokens } = JSON.parse(readFileSync(sample.file, "utf8")) as { tokens: Readonly<Record<string, string>> };
    for (const name of readdirSync(folder)) {
      expect({ name, mode: statSync(join(folder, name)).mode & 0o077 }).toEqual({ name, mode: 0 });
    }
    for (const name of ["access_token", "refresh_token", "id_token"]) {
      const end = (tokens[name] ?? "").slice(-20);
      expect(end).toHaveLength(20);
      expect(output).not.toContain(end);
      expect(processes).not.toContain(end);
    }
    expect(processes).toContain("bin.cjs login");
    expect(output + processes).not.toMatch(/\bac_|deviceauth_\w/u);
    expect(sample.authority.violations).toEqual([]);
  });

  it("refreshes when it is time to, with --force also when not, and says which", async () => {
    const sample = await AuthorityHome.start();
    const first = sample.signIn(3_600_000);
    expect(await run(sample, ["refresh"])).toEqual({ code: 0, stdout: "", stderr: "" });
    const calm = await run(sample, ["refresh", "--verbose"]);
    expect(calm).toMatchObject({ code: 0, stdout: "" });
    expect(calm.stderr).toContain("~/.scorpiox/codex-auth.json needs no refresh yet (--force does it all the same)");
    const forced = await run(sample, ["refresh", "--force", "-v"]);
    expect(forced).toMatchObject({ code: 0, stdout: "" });
    expect(forced.stderr).toMatch(/has a new access token, good until \S+Z \(in /u);
    const second = sample.read().tokens.access_token;
    expect(second).not.toBe(first);
    expect(calm.stderr + forced.stderr).not.toContain(second.slice(-20));
    expect(sample.authority.counters()).toMatchObject({ refreshes: 1, reuses: 0 });
  });

  it("says with its exit code what is wrong", async () => {
    const sample = await AuthorityHome.start({ settings: { deviceLogin: false } });
    expect(await run(sample, ["refresh"])).toMatchObject({ code: 41, stdout: "" });
    expect(await run(sample, ["status"])).toMatchObject({ code: 41, stdout: "" });
    const off = await run(sample, ["login"]);
    expect(off).toMatchObject({ code: 41, stdout: "" });
    expect(off.stderr).toMatch(/^scorpiox-codex-fetchtoken: [^\n]+\n$/u);
    sample.signIn(-1000);
    sample.authority.revoke(sample.read().tokens.refresh_token);
    expect(await run(sample, ["refresh"])).toMatchObject({ code: 41, stdout: "" });
    expect(await run(sample, ["login"], { CODEX_OAUTH_URL: "http://192.0.2.1" })).toMatchObject({ code: 52 });
    expect(await run(sample, ["logout", "--name", "../x"])).toMatchObject({ code: 2 });
  });

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGHUP", 129],
  ] as const)("ends a waiting login at %s and leaves nothing", async (signal, code) => {
    const sample = await AuthorityHome.start();
    const login = new CommandRun(sample, ["login"]);
    await expect.poll(() => sample.authority.counters().requests.device_start).toBe(1);
    await expect.poll(() => sample.authority.rows.length).toBe(1);
    login.kill(signal);
    expect(await login.done).toMatchObject({ code, stdout: "" });
    expect(existsSync(sample.file)).toBe(false);
  });
});
