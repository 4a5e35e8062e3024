import { chmodSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { type Io, SignalReceived } from "@scorpiox/sxutil";
import { describe, expect, it } from "vitest";
import { parseArgs, type PrintArgs } from "../src/args.js";
import { printCredential } from "../src/command-print.js";
import { SampleHome } from "./sample-home.js";

const NOW_MS = Date.parse("2026-11-21T00:00:00Z");

class Run {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly abort = new AbortController();

  constructor(readonly sample: SampleHome) {}

  async print(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
    const { stdin, stdout, stderr, sample } = this;
    const { home } = sample;
    const io: Io = {
      stdin,
      stdout,
      stderr,
      home,
      cwd: home,
      env: { ...sample.env, ...env },
      signal: this.abort.signal,
    };
    return printCredential(parseArgs(argv) as PrintArgs, io, () => NOW_MS);
  }

  get out(): string {
    return String(this.stdout.read() ?? "");
  }

  get err(): string {
    return String(this.stderr.read() ?? "");
  }
}

describe("printCredential", () => {
  it("prints one line, and nothing else", async () => {
    const run = new Run(new SampleHome());
    const accessToken = run.sample.logIn(NOW_MS + 3_600_000);
    expect(await run.print([])).toBe(0);
    expect(run.out).toBe(
      `{"access_token":"${accessToken}","token_type":"Bearer","expires_at":"2026-11-21T01:00:00Z","expires_in":3600,"account_id":"acc-1","source":"local"}\n`,
    );
    expect(run.err).toBe("");
  });

  it("says with --verbose where the token is from, without a secret", async () => {
    const run = new Run(new SampleHome());
    const accessToken = run.sample.logIn(NOW_MS + 3_600_000);
    await run.print(["--verbose", "--format", "token"]);
    expect(run.out).toBe(`${accessToken}\n`);
    const { err } = run;
    expect(err).toContain("from ~/.codex/auth.json");
    expect(err).toContain("the token expires at 2026-11-21T01:00:00.000Z, in 3600 s; account acc-1, plan unknown");
    expect(err).not.toMatch(/eyJ|rt-secret/u);
  });

  it("warns of an open file, and closes it", async () => {
    const run = new Run(new SampleHome());
    run.sample.logIn(NOW_MS + 3_600_000);
    chmodSync(join(run.sample.home, ".codex/auth.json"), 0o664);
    await run.print([]);
    expect(run.err).toBe(
      "scorpiox-codex-fetchtoken: ~/.codex/auth.json was open to other users (mode 664); it is private now\n",
    );
    await run.print([]);
    expect(run.err).toBe("");
  });

  it.each([
    ["no login", undefined, [], {}, { code: "login_needed", exitCode: 41 }],
    ["an expired token", -1, [], {}, { code: "login_needed", exitCode: 41 }],
    ["a token that ends too soon", 3_600_000, ["--min-ttl", "3601"], {}, { code: "ttl_too_short", exitCode: 60 }],
    ["a source there is not", 3_600_000, [], { CODEX_TOKEN_SOURCE: "ftp" }, { code: "configuration", exitCode: 52 }],
  ])("prints nothing for %s", async (_name, leftMs, argv, env, error) => {
    const run = new Run(new SampleHome());
    if (leftMs !== undefined) run.sample.logIn(NOW_MS + leftMs);
    await expect(run.print(argv, env as Record<string, string>)).rejects.toMatchObject(error);
    expect(run.out).toBe("");
  });

  it("does not let a project choose the credential file", async () => {
    const run = new Run(new SampleHome());
    const accessToken = run.sample.logIn(NOW_MS + 3_600_000);
    const planted = run.sample.put("planted.json", { access_token: "planted" });
    run.sample.put("scorpiox-env.txt", `CODEX_CREDENTIALS_FILE=${planted}\n`);
    await expect(run.print(["--format", "token"])).rejects.toMatchObject({
      code: "untrusted",
      exitCode: 55,
      message: expect.stringContaining("CODEX_CREDENTIALS_FILE") as string,
    });
    expect(run.out).toBe("");
    run.sample.put("scorpiox-env.txt", "CODEX_BASE_URL=http://elsewhere\nCODEX_SSH_HOST=elsewhere\n");
    await run.print(["--format", "token"]);
    expect(run.out).toBe(`${accessToken}\n`);
    expect(run.err).toContain("CODEX_SSH_HOST");
  });

  it.each([
    ["protocol=https\nhost=chatgpt.com\n\n", /^username=oauth2\npassword=eyJ[^\n]+\npassword_expiry_utc=\d+\n$/u],
    ["protocol=https\nhost=chatgpt.com\ncapability[]=authtype\n\n", /^capability\[\]=authtype\nauthtype=Bearer\n/u],
    ["protocol=https\nhost=github.com\n\n", /^$/u],
    ["", /^$/u],
  ])("answers git's %j", async (request, answer) => {
    const run = new Run(new SampleHome());
    run.sample.logIn(NOW_MS + 3_600_000);
    run.stdin.end(request);
    expect(await run.print(["--format", "git-credential", "get"])).toBe(0);
    expect(run.out).toMatch(answer);
  });

  it("lets git store and erase without a look at anything", async () => {
    const run = new Run(new SampleHome());
    expect(await run.print(["--format", "git-credential", "store"])).toBe(0);
    expect(await run.print(["--format", "git-credential", "erase"])).toBe(0);
    expect(run.out + run.err).toBe("");
  });

  it("gives up when the time is over", async () => {
    const run = new Run(new SampleHome());
    run.sample.logIn(NOW_MS + 3_600_000);
    // git that never finishes its request: without the limit this waits for ever.
    await expect(run.print(["--format", "git-credential", "get", "--timeout", "0.02"])).rejects.toMatchObject({
      code: "timeout",
      exitCode: 124,
      message: "no token within 0.02 s; try again, or give more time with --timeout",
    });
  });

  it("ends when the process is asked to", async () => {
    const run = new Run(new SampleHome());
    const printing = run.print(["--format", "git-credential", "get"]);
    const reason = new SignalReceived("SIGTERM");
    run.abort.abort(reason);
    await expect(printing).rejects.toBe(reason);
  });
});
