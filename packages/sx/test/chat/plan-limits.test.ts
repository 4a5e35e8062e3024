import type { Limits } from "@scorpiox/sxnet";
import { expect, test } from "vitest";
import { PlanLimits } from "../../src/chat/plan-limits.js";
import { makePlace } from "../harness.js";

const NOW_MS = 1_800_000_000_000;
const limits: Limits = {
  windows: [
    { name: "short", usedPercent: 12, resetsAtMs: NOW_MS + 1_000 },
    { name: "long", usedPercent: 60, resetsAtMs: NOW_MS + 100_000 },
  ],
};

test.each([
  ["at once, the binding window first", 0, ["long", "short"]],
  ["without a window that has opened again since", 5_000, ["long"]],
  ["not at all when all of them have", 500_000, undefined],
])("the next run knows them %s", async (_, laterMs, names) => {
  const io = { env: {}, home: (await makePlace()).home };
  const first = new PlanLimits(io, "codex", true);
  first.see({ type: "limits", limits });
  expect(first.current?.windows[0]?.name).toBe("long");
  await first.save(NOW_MS);
  const next = new PlanLimits(io, "codex", true);
  await next.enter("codex", NOW_MS + laterMs);
  expect(next.current?.windows.map(({ name }) => name)).toEqual(names);
});

test("a run that keeps nothing leaves nothing, and services do not share", async () => {
  const io = { env: {}, home: (await makePlace()).home };
  const quiet = new PlanLimits(io, "codex", false);
  quiet.see({ type: "limits", limits });
  await quiet.save(NOW_MS);
  const next = new PlanLimits(io, "codex", true);
  await next.enter("codex", NOW_MS);
  expect(next.current).toBeUndefined();
  next.see({ type: "limits", limits });
  await next.enter("anthropic", NOW_MS);
  expect(next.current).toBeUndefined();
});
