import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { allowProject, inspectProject } from "@scorpiox/sxutil";
import { expect, test } from "vitest";
import { linesOf, makePlace, openSim, runSx } from "./harness.js";

const PROVIDER = "openai";

test("sx -p sends nothing where a project that is not trusted sets the address of the provider; then it goes there", async () => {
  const place = await makePlace();
  const sim = await openSim({ turns: [{ reply: [{ text: "hi" }] }] });
  const { OPENAI_BASE_URL: address = "", ...env } = sim.env as Record<string, string>;
  await writeFile(join(place.project, "scorpiox-env.txt"), `PROVIDER=${PROVIDER}\nOPENAI_BASE_URL=${address}\n`);
  const refused = await runSx(["-p", "q", "--json", "--provider", PROVIDER], { place, env, stdin: "" });
  expect(refused.code).toBe(55);
  expect(linesOf(refused.stdout).at(-1)).toMatchObject({ type: "result", status: "error", exit_code: 55 });
  expect(refused.stdout).toContain("OPENAI_BASE_URL");
  expect(sim.requests).toHaveLength(0);
  const surroundings = { env, home: place.home, cwd: place.project };
  await allowProject(surroundings, inspectProject(surroundings));
  const ask = (...more: readonly string[]) =>
    runSx(["-p", "q", "--provider", PROVIDER, "-m", "any", ...more], { place, env, stdin: "" });
  // The address counts now; the key of the environment still does not go there.
  const keyless = await ask();
  expect(keyless.stderr).toContain("OPENAI_API_KEY (environment) is not sent to the host");
  expect(keyless.code).toBe(41);
  expect(await ask("-e", "OPENAI_API_KEY=simulator-key")).toMatchObject({ code: 0, stdout: "hi\n" });
});
