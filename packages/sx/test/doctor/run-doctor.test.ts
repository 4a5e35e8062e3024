import { createServer } from "node:http";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { Person } from "../chat/pty.js";
import { makePlace, openSim, type Outcome, type Place, runSx, spawnSx } from "../harness.js";

interface Report {
  readonly ok: boolean;
  readonly checks: readonly { readonly area: string; readonly level: string; readonly text: string }[];
}

const validate = new Ajv2020().compile(
  JSON.parse(await readFile(new URL("../../schema/doctor.schema.json", import.meta.url), "utf8")) as object,
);

/** The checks as lines, after the schema has been held against them. */
function reportOf({ stdout }: Outcome): { readonly ok: boolean; readonly lines: readonly string[] } {
  const report = JSON.parse(stdout) as Report;
  expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
  return { ok: report.ok, lines: report.checks.map(({ area, level, text }) => `${level} ${area}: ${text}`) };
}

async function serve(status: number, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status, headers).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function doctor(place: Place, env: Readonly<Record<string, string>>, ...argv: readonly string[]): Promise<Outcome> {
  return runSx(["doctor", "--json", ...argv], { place, env });
}

test("what is set up and reached ends with 0, in a process of its own", async () => {
  const place = await makePlace();
  const sim = await openSim({ turns: [] });
  const outcome = await spawnSx(["doctor", "--json"], {
    place,
    env: { ...sim.env, CODEX_OAUTH_URL: sim.url, HTTPS_PROXY: "127.0.0.1:1" },
  });
  const { ok, lines } = reportOf(outcome);
  expect(lines.filter((line) => line.startsWith("error"))).toEqual([]);
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  expect(ok).toBe(true);
  expect(lines.join("\n")).toMatch(/^ok node: v\d+/m);
  expect(lines.join("\n")).toMatch(
    /^ok login codex: .*mode 600, .* old, (good for|without a known end).*renewed when it is nearly over$/m,
  );
  expect(lines.join("\n")).toMatch(/^ok network codex: 127\.0\.0\.1:\d+ answers with status 4\d\d after \d+ ms$/m);
  expect(lines.join("\n")).toMatch(/^ok clock: within /m);
});

test("for people: a sign, what it is about, and what to do", async () => {
  const place = await makePlace();
  const { code, stdout } = await runSx(["doctor", "--offline"], { place });
  expect(code).toBe(1);
  expect(stdout).toContain("✗ credentials    no login and no API key was found\n                 → scorpiox-codex");
  expect(stdout).toContain("- network        not tried (--offline)\n");
  expect(stdout.split("\n").at(-2)).toMatch(/^1 error, \d warnings?$/);
});

test("--offline asks nobody", async () => {
  const place = await makePlace();
  let visits = 0;
  const server = createServer(() => (visits += 1)).on("connection", () => (visits += 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { ANTHROPIC_API_KEY: "k", ANTHROPIC_API_URL: url, HTTPS_PROXY: url };
  expect((await doctor(place, env, "--offline")).code).toBe(0);
  expect(visits).toBe(0);
});

test("no secret is shown, and nothing that a terminal would act on", async () => {
  const place = await makePlace();
  await mkdir(join(place.home, ".scorpiox"));
  await writeFile(join(place.home, ".scorpiox", "scorpiox-env.txt"), "GEMINI_API_KEY=key-in-file\nBAD\u0007KEY=x\n");
  const url = `http://${await serve(404)}`;
  const secret = "sk-ant-verysecretvalue1234";
  const env = {
    ANTHROPIC_API_KEY: secret,
    ANTHROPIC_API_URL: url,
    GEMINI_BASE_URL: url,
    OPENAI_BASE_URL: url,
    OPENAI_API_KEY: "other-secret",
    HTTPS_PROXY: "http://me:proxy-secret@127.0.0.1:1",
  };
  for (const argv of [["doctor"], ["doctor", "--json"]]) {
    const { stdout, stderr } = await runSx(argv, { place, env });
    expect(stdout + stderr).not.toMatch(/verysecret|other-secret|key-in-file|proxy-secret|\u0007/);
  }
});

describe("the hop that fails is named", () => {
  const cases: readonly [string, (free: string) => Record<string, string>, RegExp, number][] = [
    [
      "a refused connection",
      () => ({ ANTHROPIC_API_URL: "http://127.0.0.1:1" }),
      /^error .*: connection: .*refused/,
      1,
    ],
    ["TLS", (url) => ({ ANTHROPIC_API_URL: `https://${url}` }), /^error .*: TLS: .*speaks no TLS/, 1],
    [
      "a proxy that is not there",
      (url) => ({ ANTHROPIC_API_URL: `https://${url}`, HTTPS_PROXY: "http://127.0.0.1:1" }),
      /^error .*: proxy: cannot reach the proxy 127\.0\.0\.1:1: the connection was refused$/,
      1,
    ],
    [
      "a proxy that is an ordinary server",
      (url) => ({ ANTHROPIC_API_URL: "https://api.test", HTTPS_PROXY: `http://${url}` }),
      /^error .*: proxy: /,
      1,
    ],
    ["an address that is none", () => ({ ANTHROPIC_API_URL: "ftp://x" }), /^error .*ANTHROPIC_API_URL/, 1],
    ["a service in trouble", (url) => ({ ANTHROPIC_API_URL: `http://${url}` }), /^warning .*status 503/, 0],
  ];
  test.each(cases)("%s", async (_name, envOf, line, code) => {
    const place = await makePlace();
    const env = { ANTHROPIC_API_KEY: "k", ...envOf(await serve(503)) };
    const outcome = await doctor(place, env);
    const { lines } = reportOf(outcome);
    expect(lines.find((one) => one.includes("network anthropic"))).toMatch(line);
    expect(outcome.code).toBe(code);
  });
});

test("a wrong clock is told", async () => {
  const place = await makePlace();
  const date = new Date(Date.now() + 3_600_000).toUTCString();
  const url = `http://${await serve(404, { date })}`;
  const { lines } = reportOf(await doctor(place, { ANTHROPIC_API_KEY: "k", ANTHROPIC_API_URL: url }));
  expect(lines.join("\n")).toMatch(/^warning clock: this machine's clock is .* behind the servers'$/m);
});

test("settings that stop everything else are findings here", async () => {
  const place = await makePlace();
  await writeFile(join(place.project, "scorpiox-env.txt"), "CODEX_BASE_URL=http://127.0.0.1:1\n");
  const env = { PROVIDER: "nobody", SX_CA_FILE: join(place.home, "none.pem"), ANTHROPIC_API_KEY: "k" };
  const { ok, lines } = reportOf(await doctor(place, env));
  expect(ok).toBe(false);
  const text = lines.join("\n");
  expect(text).toMatch(/^warning configuration: PROVIDER .*nobody/m);
  expect(text).toMatch(/^warning trust: .*scorpiox-env\.txt is not trusted/m);
  expect(text).toMatch(/^error network: SX_CA_FILE names .*which does not exist/m);
});

test("a login that is over and cannot be renewed is an error", async () => {
  const place = await makePlace();
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const token = `${part({})}.${part({ exp: 1_600_000_000 })}.x`;
  const file = join(place.home, "login.json");
  await writeFile(file, JSON.stringify({ tokens: { access_token: token } }), { mode: 0o600 });
  await symlink(file, join(place.home, "link.json"));
  const outcome = await doctor(place, { CODEX_CREDENTIALS_FILE: file }, "--offline");
  expect(reportOf(outcome).lines.join("\n")).toMatch(/^error login codex: ~\/login\.json, mode 600, .*over, cannot/m);
  expect(outcome.stdout).not.toContain(token);
  expect(outcome.code).toBe(1);
});

test("at a terminal it is asked what it can do, and left as it was", async () => {
  const place = await makePlace();
  const person = new Person(["doctor", "--offline"], { place, env: { ANTHROPIC_API_KEY: "k" } });
  await person.exit;
  expect(person.raw).toContain("\u001b[?2026$p\u001b[?u\u001b[c");
  await person.until(() => true, "");
  expect(person.all()).toMatch(/(✓|-) terminal answers /);
});
