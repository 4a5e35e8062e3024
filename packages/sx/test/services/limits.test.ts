import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bindingFirst } from "../../src/services/list-limits.js";
import { makePlace, openSim, runSx } from "../harness.js";

describe("sx limits", () => {
  test("asks the plan, and shows the binding window first", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [] });
    const { stdout, code } = await runSx(["limits", "--provider", "codex"], { place, env: sim.env, stdin: "" });
    expect(code).toBe(0);
    expect(stdout).toBe(
      "codex · plan plus\n" +
        "  secondary  67% used  of 7 d  opens again in 3 d\n" +
        "  primary    33% used  of 5 h  opens again in 2 h\n",
    );
  });

  test("shows what the last answer told, where that is the only way", async () => {
    const place = await makePlace();
    const limits = { windows: [{ name: "5h", usedPercent: 42, windowMinutes: 300, resetsInSeconds: 3600 }] };
    const sim = await openSim({ turns: [{ reply: [{ text: "Hi" }], limits }] });
    const before = await runSx(["limits", "--provider", "claude_code"], { place, env: sim.env, stdin: "" });
    expect(before.stdout).toBe("claude_code · it tells its limits with its answers; ask it something first\n");
    const argv = ["-p", "q", "--provider", "claude_code", "--model", "sonnet"];
    expect((await runSx(argv, { place, env: sim.env, stdin: "" })).code).toBe(0);
    const after = await runSx(["limits", "--provider", "claude_code", "--json"], { place, env: sim.env, stdin: "" });
    const { providers } = JSON.parse(after.stdout) as { providers: { from: string; windows: unknown[] }[] };
    expect(providers).toMatchObject([{ provider: "claude_code", from: "answer" }]);
    expect(providers[0]?.windows).toMatchObject([{ name: "5h", used_percent: 42 }]);
  });

  test.each([
    ["the moment", { seenAtMs: 1, limits: { windows: [{ name: "5h", usedPercent: 1, resetsAtMs: 1e300 }] } }],
    ["the day", { seenAtMs: 1e300, limits: { windows: [{ name: "5h", usedPercent: 1 }] } }],
    ["the window", { seenAtMs: 1, limits: { windows: [{ name: "5h", usedPercent: 1, windowMinutes: {} }] } }],
  ])("is not broken by what is kept: %s", async (_name, kept) => {
    const place = await makePlace();
    await mkdir(join(place.home, ".scorpiox/cache"), { recursive: true });
    await writeFile(join(place.home, ".scorpiox/cache/limits-gemini.json"), JSON.stringify(kept));
    const env = { GEMINI_API_KEY: "made-up" };
    expect(await runSx(["limits", "--json"], { place, env, stdin: "" })).toMatchObject({ code: 0 });
    expect(await runSx(["limits"], { place, env, stdin: "" })).toMatchObject({ code: 0 });
  });

  test("says so when nothing is set up", async () => {
    const outcome = await runSx(["limits"], { place: await makePlace(), stdin: "" });
    expect(outcome).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining("no provider is set up") });
  });

  test("a service that does not answer is told, and the others are shown", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [] });
    const env = { ...sim.env, CODEX_BASE_URL: "http://127.0.0.1:9/backend-api/codex" };
    const { stdout } = await runSx(["limits", "--json"], { place, env, stdin: "" });
    const { providers } = JSON.parse(stdout) as { providers: { provider: string; why: string | null }[] };
    expect(providers.find(({ provider }) => provider === "codex")?.why).toContain("127.0.0.1");
    expect(providers.length).toBe(5);
  });
});

test("equally full windows: the one that opens again last binds", () => {
  const windows = [
    { name: "a", usedPercent: 10 },
    { name: "b", usedPercent: 50, resetsAtMs: 1 },
    { name: "c", usedPercent: 50, resetsAtMs: 2 },
  ];
  expect(bindingFirst({ windows }).windows.map(({ name }) => name)).toEqual(["c", "b", "a"]);
});
