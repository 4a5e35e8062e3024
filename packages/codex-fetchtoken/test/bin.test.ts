import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { SampleHome } from "./sample-home.js";

const bin = fileURLToPath(new URL("../dist/bin.cjs", import.meta.url));
const IN_AN_HOUR = Math.floor(Date.now() / 1000) * 1000 + 3_600_000;
const hasGit = spawnSync("git", ["--version"]).status === 0;

beforeAll(() => {
  if (existsSync(bin)) return;
  throw new Error(
    "packages/codex-fetchtoken/dist/bin.cjs is missing; build first: pnpm --filter @scorpiox/codex-fetchtoken build",
  );
});

describe("the command as it is installed", () => {
  it("prints one line and exits with 0", async () => {
    const sample = new SampleHome();
    const accessToken = sample.logIn(IN_AN_HOUR);
    const { code, stdout, stderr } = await run(sample, []);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^[^\n]+\n$/u);
    const answer = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(answer)).toEqual([
      "access_token",
      "token_type",
      "expires_at",
      "expires_in",
      "account_id",
      "source",
    ]);
    expect(answer).toMatchObject({
      access_token: accessToken,
      expires_at: new Date(IN_AN_HOUR).toISOString().replace(".000Z", "Z"),
      source: "local",
    });
    expect((await run(sample, ["-local", "--format", "token"])).stdout).toBe(`${accessToken}\n`);
    expect((await run(sample, ["-config", "--format", "env"])).stdout).toBe(`CODEX_ACCESS_TOKEN=${accessToken}\n`);
  });

  it.each([
    ["no login", [], {}, 41, "no Codex login on this machine"],
    ["a wrong option", ["--formt", "token"], {}, 2, "did you mean --format"],
    ["a wrong setting", [], { CODEX_TOKEN_SOURCE: "ftp" }, 52, 'CODEX_TOKEN_SOURCE is "ftp"'],
  ])("has an exit code and one line on stderr for %s", async (_name, argv, env, code, message) => {
    const ran = await run(new SampleHome(), argv, env);
    expect(ran).toMatchObject({ code, stdout: "" });
    expect(ran.stderr).toMatch(/^scorpiox-codex-fetchtoken: [^\n]+\n$/u);
    expect(ran.stderr).toContain(message);
  });

  it("has exit code 60 for a token that ends too soon, and 42 for a broken file, without showing it", async () => {
    const sample = new SampleHome();
    sample.logIn(IN_AN_HOUR);
    expect(await run(sample, ["--min-ttl", "7200"])).toMatchObject({ code: 60, stdout: "" });
    sample.put(".codex/auth.json", '{"tokens":{"access_token":"SECRET');
    const broken = await run(sample, ["--verbose"]);
    expect(broken).toMatchObject({ code: 42, stdout: "" });
    expect(broken.stderr).not.toContain("SECRET");
  });

  it("explains itself", async () => {
    const sample = new SampleHome();
    expect(await run(sample, ["--help"])).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringContaining("Exit codes:") as string,
    });
    expect((await run(sample, ["--version"])).stdout).toMatch(/^scorpiox-codex-fetchtoken \d+\.\d+\.\d+\n$/u);
  });

  it("gives forty callers at once the same token, and leaves nothing beside the file", async () => {
    const sample = new SampleHome();
    const accessToken = sample.logIn(IN_AN_HOUR);
    const ran = await Promise.all(Array.from({ length: 40 }, () => run(sample, ["--format", "token"])));
    for (const one of ran) expect(one).toEqual({ code: 0, stdout: `${accessToken}\n`, stderr: "" });
    expect(readdirSync(`${sample.home}/.codex`)).toEqual(["auth.json"]);
  });

  it.skipIf(!hasGit)("serves git as a credential helper, for its own host only (skipped without git)", async () => {
    const sample = new SampleHome();
    const accessToken = sample.logIn(IN_AN_HOUR);
    const helper = `credential.helper=!'${process.execPath}' '${bin}' --format git-credential`;
    const fill = (host: string) =>
      spawnSync("git", ["-c", "credential.helper=", "-c", helper, "credential", "fill"], {
        input: `protocol=https\nhost=${host}\n\n`,
        env: { ...sample.env, PATH: process.env["PATH"] ?? "", GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_NOSYSTEM: "1" },
        encoding: "utf8",
      });
    expect(fill("chatgpt.com").stdout).toContain(`password=${accessToken}\n`);
    expect(fill("github.com").stdout).not.toContain("password=");
  });
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(
  sample: SampleHome,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [bin, ...argv], {
    cwd: sample.home,
    env: { ...sample.env, PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => resolve(exitCode ?? -1));
  });
  return { code, ...output };
}
