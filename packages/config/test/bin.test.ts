import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { KEYS, type KeySpec, parseEnvFile } from "@scorpiox/sxutil";
import { beforeAll, describe, expect, it } from "vitest";
import { type Ran, SampleCommand } from "./sample-command.js";

const bin = fileURLToPath(new URL("../dist/bin.cjs", import.meta.url));

beforeAll(() => {
  if (!existsSync(bin))
    throw new Error("packages/config/dist/bin.cjs is missing; build first: pnpm --filter @scorpiox/config build");
});

describe("the command as it is installed", () => {
  it("has exit codes, and keeps stdout for the answer", async () => {
    const command = new SampleCommand();
    expect(await spawnIn(command, ["get", "MODEL"])).toEqual({ code: 0, stdout: "sonnet\n", stderr: "" });
    expect(await spawnIn(command, ["get", "CODEX_BASE_URL"])).toEqual({ code: 1, stdout: "", stderr: "" });
    expect(await spawnIn(command, ["set", "TOOLS", "maybe"])).toMatchObject({ code: 52, stdout: "" });
    expect(await spawnIn(command, ["sett"])).toEqual({
      code: 2,
      stdout: "",
      stderr: 'scorpiox-config: unknown command "sett"; did you mean set\n',
    });
    expect(await spawnIn(command, [])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Usage:"),
      stderr: "",
    });
    expect((await spawnIn(command, ["--version"])).stdout).toMatch(/^scorpiox-config \d+\.\d+\.\d+\n$/);
  });

  it("loses nothing when 50 processes set 50 keys at once", async () => {
    const command = new SampleCommand();
    const wanted = Object.fromEntries(KEYS.slice(0, 50).map((spec) => [spec.name, sampleValue(spec)]));
    const ran = await Promise.all(Object.entries(wanted).map(([key, value]) => spawnIn(command, ["set", key, value])));
    for (const { code, stderr } of ran) expect({ code, stderr }).toMatchObject({ code: 0 });
    const { entries } = parseEnvFile(command.text("~/.scorpiox/scorpiox-env.txt"), "x");
    expect(entries).toHaveLength(50);
    expect(Object.fromEntries(entries.map(({ key, value }) => [key, value]))).toEqual(wanted);
  });

  it(
    "loses neither values nor trust when processes set what needs trust in one project",
    { timeout: 60_000 },
    async () => {
      const command = new SampleCommand();
      const keys = KEYS.filter((spec) => spec.class === "redirects" && spec.kind === "url");
      const pairs = keys.map((spec) => [spec.name, `http://${spec.name.toLowerCase().replaceAll("_", "-")}`] as const);
      const ran = await Promise.all(pairs.map((pair) => spawnIn(command, ["set", ...pair, "--tier", "project"])));
      for (const { code, stderr } of ran) expect({ code, stderr }).toMatchObject({ code: 0 });
      for (const [key, value] of pairs) expect((await command.run(["get", key])).stdout).toBe(`${value}\n`);
    },
  );
});

function sampleValue(spec: KeySpec): string {
  const samples = {
    text: "x",
    boolean: "1",
    integer: String(spec.min ?? 1),
    decimal: "1.5",
    url: "http://h",
    path: "/x",
    list: "codex",
  };
  return spec.name === "ACTIVE_PROFILE" ? "" : (spec.choices?.[0] ?? samples[spec.kind]);
}

async function spawnIn(command: SampleCommand, argv: readonly string[]): Promise<Ran> {
  const env = { ...command.env, PATH: process.env["PATH"] ?? "", HOME: command.home };
  const child = spawn(process.execPath, [bin, ...argv], { cwd: command.cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => resolve(exitCode ?? -1));
  });
  return { code, ...output };
}
