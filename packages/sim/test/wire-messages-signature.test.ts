import { describe, expect, it } from "vitest";
import type { Sim } from "../src/index.js";
import { eventsOf } from "./client.js";
import {
  ADAPTIVE,
  ask,
  assistant,
  blocksOf,
  BUDGET,
  BUDGETED,
  type Json,
  messagesBody,
  RESULT,
  turns,
  user,
  withSim,
} from "./messages-client.js";

const SCRIPT = {
  turns: [
    { reply: [{ thinking: "I must look." }, { tool_use: { name: "bash", id: "toolu_1" } }] },
    { times: "any", reply: [{ text: "ok" }] },
  ],
} as const;
const CALL = { type: "tool_use", id: "toolu_1", name: "bash", input: {} };

/** The thinking block of the first answer, as a client keeps it. */
async function thinkingOf(sim: Sim, extra: Json = BUDGET): Promise<Json> {
  const [block] = blocksOf(eventsOf((await ask(sim, messagesBody("hi", extra))).body));
  return { type: "thinking", thinking: block?.streamed, signature: block?.signature };
}

const INVALID = "messages.1.content.0: Invalid `signature` in `thinking` block";

describe("thinking that comes back", () => {
  it.each<[string, (block: Json) => Json, string | undefined]>([
    ["as it was", (block) => block, undefined],
    [
      "with another text",
      (block) => ({ ...block, thinking: "I must not look." }),
      "blocks in the latest assistant message cannot be modified",
    ],
    [
      "with a letter of its signature changed",
      ({ signature, ...block }) => ({ ...block, signature: `A${String(signature).slice(1)}` }),
      INVALID,
    ],
    ["with the signature of another service", (block) => ({ ...block, signature: "RW9EQ0dvSUJBUQ==" }), INVALID],
    [
      "with no signature",
      ({ signature: _signature, ...block }) => block,
      "messages.1.content.0.thinking.signature: Field required",
    ],
    [
      "with a line break after its signature",
      (block) => ({ ...block, signature: `${String(block["signature"])}\n` }),
      INVALID,
    ],
    ["with an empty signature", (block) => ({ ...block, signature: "" }), INVALID],
  ])("%s", async (_name, change, refused) => {
    await withSim(SCRIPT, async (sim) => {
      const block = await thinkingOf(sim);
      const got = await ask(sim, { ...turns(assistant(change(block), CALL), user(RESULT)), ...BUDGET });
      if (refused === undefined) expect(got).toMatchObject({ status: 200 });
      else expect(JSON.parse(got.body)).toMatchObject({ error: { message: expect.stringContaining(refused) } });
      expect(sim.violations).toHaveLength(refused === undefined ? 0 : 1);
    });
  });

  it("is refused of an older answer as well when it was edited", async () => {
    await withSim(SCRIPT, async (sim) => {
      const block = { ...(await thinkingOf(sim)), thinking: "edited" };
      const later = [assistant({ type: "text", text: "a" }), user({ type: "text", text: "b" })];
      const got = await ask(sim, turns(assistant(block, CALL), user(RESULT), ...later));
      expect(got).toMatchObject({ status: 400, body: expect.stringContaining(INVALID) });
    });
  });

  it("belongs to the model that thought", async () => {
    await withSim(SCRIPT, async (sim) => {
      const block = await thinkingOf(sim);
      const got = await ask(sim, { ...turns(assistant(block, CALL), user(RESULT)), model: "claude-sonnet-4-5" });
      expect(got).toMatchObject({ status: 400, body: expect.stringContaining(INVALID) });
    });
  });

  it("may be empty, and is taken back so", async () => {
    await withSim(SCRIPT, async (sim) => {
      const block = await thinkingOf(sim, { model: ADAPTIVE });
      expect(block).toMatchObject({ thinking: "" });
      const got = await ask(sim, { ...turns(assistant(block, CALL), user(RESULT)), model: ADAPTIVE });
      expect(got).toMatchObject({ status: 200 });
    });
  });

  it("is known to another simulator: a session goes on", async () => {
    const block = await withSim(SCRIPT, (sim) => thinkingOf(sim));
    const again = { turns: [{ reply: [{ text: "ok" }] }] };
    const got = await withSim(again, (sim) => ask(sim, turns(assistant(block, CALL), user(RESULT))), { seed: "u" });
    expect(got).toMatchObject({ status: 200 });
  });
});

describe("thinking that does not come back", () => {
  it.each<[string, Json, Json, boolean]>([
    ["is missed while its call is open", BUDGET, turns(assistant(CALL), user(RESULT)), true],
    ["may be replaced by nothing when thinking is off", {}, turns(assistant(CALL), user(RESULT)), false],
    [
      "is not missed in an older turn",
      BUDGET,
      turns(assistant(CALL), user(RESULT), assistant({ type: "text", text: "a" }), user({ type: "text", text: "b" })),
      false,
    ],
    [
      "is missed in the first step of a loop",
      BUDGET,
      turns(assistant(CALL), user(RESULT), assistant({ ...CALL, id: "x" }), user({ ...RESULT, tool_use_id: "x" })),
      true,
    ],
    [
      "is not missed before a call that was made without",
      BUDGET,
      turns(assistant({ ...CALL, id: "x" }), user({ ...RESULT, tool_use_id: "x" })),
      false,
    ],
  ])("%s", async (_name, extra, body, missed) => {
    await withSim(SCRIPT, async (sim) => {
      await thinkingOf(sim);
      const got = await ask(sim, { ...body, ...extra, model: BUDGETED });
      expect(got.status).toBe(missed ? 400 : 200);
      if (missed) expect(got.body).toContain("Expected `thinking` or `redacted_thinking`, but found `tool_use`");
    });
  });
});
