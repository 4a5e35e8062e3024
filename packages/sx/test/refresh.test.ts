import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startSim } from "@scorpiox/sim";
import { expect, onTestFinished, test } from "vitest";
import { linesOf, makePlace, spawnSx } from "./harness.js";

// The simulator's authority refuses every token that it did not issue or that is over.
test("an access token that is over is refreshed on the way, and the new login is kept", async () => {
  const place = await makePlace();
  const sim = await startSim({ script: { turns: [{ reply: [{ text: "fresh" }] }] }, authority: true });
  onTestFinished(() => sim.close());
  const authority = sim.authority;
  if (authority === undefined) throw new Error("the simulator has no authority");
  authority.configure({ accessTokenLifeMs: -1000 });
  const file = join(place.home, "login.json");
  await writeFile(file, JSON.stringify(authority.signIn()), { mode: 0o600 });
  authority.configure({ accessTokenLifeMs: 3_600_000 });
  const env = { ...sim.env, ...authority.env, CODEX_CREDENTIALS_FILE: file };
  const outcome = await spawnSx(["-p", "q", "--json"], { place, env });
  expect(linesOf(outcome.stdout).at(-1)).toMatchObject({ status: "success", result: "fresh" });
  expect(authority.counters()).toMatchObject({ refreshes: 1, reuses: 0 });
  expect(authority.violations).toEqual([]);
  const before = await readFile(file, "utf8");
  expect(before).toContain("refresh_token");
});
