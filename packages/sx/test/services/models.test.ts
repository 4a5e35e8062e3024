import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makePlace, openSim, type Place, runSx } from "../harness.js";

interface Listed {
  readonly provider: string;
  readonly from: string;
  readonly why: string | null;
  readonly aliases: Readonly<Record<string, string>>;
  readonly models: readonly { id: string; listed: boolean; context_tokens: number | null; price: unknown }[];
}

async function models(place: Place, env: Readonly<Record<string, string>>, ...argv: string[]) {
  const outcome = await runSx(["models", "--json", ...argv], { place, env, stdin: "" });
  expect(outcome.code).toBe(0);
  const { providers } = JSON.parse(outcome.stdout) as { readonly providers: readonly Listed[] };
  return { ...outcome, providers, of: (name: string) => providers.find(({ provider }) => provider === name) };
}

describe("sx models", () => {
  test("asks every service that is set up, and joins what is known here", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [] });
    const { providers, of } = await models(place, sim.env);
    expect(providers.map(({ provider, from }) => `${provider} ${from}`)).toEqual([
      "codex service",
      "claude_code service",
      "anthropic service",
      "gemini service",
      "openai service",
    ]);
    const flagship = of("codex")?.models.find(({ id }) => id === "gpt-6-sol");
    expect(flagship).toMatchObject({ listed: true, context_tokens: 272_000, price: null });
    // Known here and not listed by the service any more, so it comes after those that are.
    expect(of("codex")?.models.at(-1)).toMatchObject({ listed: false });
    expect(of("anthropic")?.models.some(({ price }) => price !== null)).toBe(true);
    expect(of("anthropic")?.aliases).toHaveProperty("sonnet");
  });

  test("keeps an answer for a day, for this setup only, and asks again when told to", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [] });
    const env = { ...sim.env };
    expect((await models(place, env, "--provider", "gemini")).of("gemini")?.from).toBe("service");
    const path = join(place.home, ".scorpiox/cache/models-gemini.json");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, "utf8")).not.toContain(env["GEMINI_API_KEY"] ?? "?");
    expect((await models(place, env, "--provider", "gemini")).of("gemini")?.from).toBe("cache");
    expect((await models(place, env, "--provider", "gemini", "--refresh")).of("gemini")?.from).toBe("service");
    const other = { ...env, GEMINI_API_KEY: "another-key" };
    expect((await models(place, other, "--provider", "gemini")).of("gemini")?.from).not.toBe("cache");
    const kept = JSON.parse(await readFile(path, "utf8")) as { askedAtMs: number };
    await writeFile(path, JSON.stringify({ ...kept, askedAtMs: kept.askedAtMs - 25 * 3_600_000 }));
    expect((await models(place, other, "--provider", "gemini")).of("gemini")?.from).toBe("service");
  });

  test.each(["", "{", '{"askedAtMs":1e99,"models":[]}', '{"models":7}'])(
    "is not misled by a broken file %j",
    async (text) => {
      const place = await makePlace();
      const sim = await openSim({ turns: [] });
      await mkdir(join(place.home, ".scorpiox/cache"), { recursive: true });
      await writeFile(join(place.home, ".scorpiox/cache/models-gemini.json"), text);
      expect((await models(place, sim.env, "--provider", "gemini")).of("gemini")?.from).toBe("service");
    },
  );

  test("falls back to what this program knows, and says why", async () => {
    const place = await makePlace();
    const env = { ANTHROPIC_API_KEY: "k", ANTHROPIC_API_URL: "http://127.0.0.1:9" };
    const { of } = await models(place, env);
    expect(of("anthropic")).toMatchObject({ from: "table", why: expect.stringContaining("127.0.0.1") as string });
    const text = await runSx(["models"], { place, env, stdin: "" });
    expect(text.stdout).toContain("sonnet");
    expect(text.stderr).toMatch(/^sx: anthropic: .*its models are those that this program knows\n$/);
    expect(await readdir(place.home)).not.toContain(".scorpiox");
  });

  test("shows every table when nothing is set up", async () => {
    const place = await makePlace();
    const { providers } = await models(place, {});
    expect(providers.map(({ provider, from }) => `${provider} ${from}`)).toContain("gemini table");
    const { stderr } = await runSx(["models"], { place, stdin: "" });
    expect(stderr).toContain("no provider is set up");
  });

  test("names a setting that cannot be used, with its origin", async () => {
    const place = await makePlace();
    const env = { ANTHROPIC_API_KEY: "k", ANTHROPIC_API_URL: "ftp://x" };
    const { code, stderr } = await runSx(["models"], { place, env, stdin: "" });
    expect(code).toBe(52);
    expect(stderr).toContain('ANTHROPIC_API_URL is "ftp://x" (environment)');
  });
});
