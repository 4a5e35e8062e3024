import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { SampleHome } from "./sample-home.js";

const dist = (name: string): string => fileURLToPath(new URL(`../dist/${name}`, import.meta.url));
const IN_AN_HOUR = Math.floor(Date.now() / 1000) * 1000 + 3_600_000;

beforeAll(() => {
  if (existsSync(dist("ssh2.cjs"))) return;
  throw new Error(
    "packages/codex-fetchtoken/dist/ssh2.cjs is missing; build first: pnpm --filter @scorpiox/codex-fetchtoken build",
  );
});

describe("the SSH library of the command as it is installed", () => {
  it("is a file of its own, beside the licences of all that is bundled", () => {
    expect(readFileSync(dist("main.cjs"), "utf8")).not.toContain("diffie-hellman-group1-sha1");
    expect(readFileSync(dist("ssh2.cjs"), "utf8")).toContain("diffie-hellman-group1-sha1");
    const notices = readFileSync(dist("THIRD_PARTY_NOTICES.txt"), "utf8");
    for (const name of ["asn1", "bcrypt-pbkdf", "ssh2", "tweetnacl", "yargs-parser"]) {
      expect(notices).toMatch(new RegExp(`^${name} [0-9.]+ \\(`, "mu"));
    }
    expect(notices).toContain("Copyright Brian White");
  });

  it("is loaded by this source alone, also from the code cache", async () => {
    const sample = new SampleHome();
    const env = { CODEX_SSH_HOST: "127.0.0.1", CODEX_SSH_PORT: String(await closedPort()) };
    for (const cachedAs of ["absent", "used"]) {
      const ran = await run(sample, ["--source", "ssh"], { ...env, CODEX_SSH_PATH: cachedAs });
      expect(ran).toMatchObject({ code: 58, stdout: "" });
      expect(ran.stderr).toContain("connection refused");
      expect(ran.loaded).toBe(true);
    }
    sample.logIn(IN_AN_HOUR);
    expect(await run(sample, ["--source", "local"])).toMatchObject({ code: 0, loaded: false });
    expect(await run(sample, ["--help"])).toMatchObject({ code: 0, loaded: false });
  });

  it("is not loaded, nor is anything connected to, when a setting is wrong", async () => {
    const ran = await run(new SampleHome(), ["--source", "ssh"]);
    expect(ran).toMatchObject({ code: 52, stdout: "", loaded: false });
    expect(ran.stderr).toBe(
      "scorpiox-codex-fetchtoken: CODEX_SSH_HOST is not set; name the machine whose login is to be used\n",
    );
  });
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether `ssh2.cjs` was loaded. */
  readonly loaded: boolean;
}

function run(sample: SampleHome, argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const hook = `process.on("exit", () => { if (Object.keys(require.cache).some((path) => path.endsWith("ssh2.cjs"))) process._rawDebug("[loaded]"); })`;
  const preload = `data:text/javascript,${encodeURIComponent(`import { createRequire } from "node:module"; const require = createRequire(${JSON.stringify(import.meta.url)}); ${hook}`)}`;
  const options = { env: { PATH: process.env["PATH"], HOME: sample.home, ...env } };
  return new Promise((resolve) => {
    execFile(process.execPath, ["--import", preload, dist("bin.cjs"), ...argv], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, stdout, stderr: stderr.replace("[loaded]\n", ""), loaded: stderr.includes("[loaded]") });
    });
  });
}

function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
