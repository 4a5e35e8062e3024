import { createProvider, type Settings, serviceNames } from "@scorpiox/sxnet";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSim } from "./every-provider.js";

/** Who answers for `PROVIDER=scorpiox`: the first service that is set up and knows the model. */

const KEYS: Settings = { ANTHROPIC_API_KEY: "made-up", GEMINI_API_KEY: "made-up", OPENAI_API_KEY: "made-up" };

interface Asked {
  readonly keys?: Settings;
  readonly logins?: readonly string[];
  readonly model?: string;
  /** Below the simulator's address. */
  readonly openaiPath?: string;
}

async function route({ keys = {}, logins = [], model = "sonnet", openaiPath }: Asked): Promise<string> {
  const { sim } = await openSim({ turns: [{ times: "any", reply: [{ text: "hi" }] }] });
  const addresses = Object.entries(sim.env).filter(([name]) => name.endsWith("_URL") && name !== "OPENAI_BASE_URL");
  const router = await createProvider("scorpiox", {
    settings: {
      ...Object.fromEntries(addresses),
      ...(openaiPath === undefined ? {} : { OPENAI_BASE_URL: `${sim.url}${openaiPath}` }),
      ...keys,
    },
    hasCredential: async (name) => logins.includes(name),
    getCredential: async () => ({ accessToken: "sk-ant-oat01-made-up" }),
    retry: { maxRetries: 0 },
  });
  onTestFinished(() => router.close());
  const turn = router.stream({ model, messages: [{ role: "user", content: [{ type: "text", text: "Go." }] }] });
  const taken: string[] = [];
  for await (const event of turn) if (event.type === "route") taken.push(`${event.provider} ${event.model}`);
  expect(sim.problems()).toEqual([]);
  return taken.join(", ");
}

it("the services stand in the order of the product", () => {
  expect(serviceNames()).toEqual(["codex", "claude_code", "anthropic", "gemini", "openai"]);
});

describe("who answers", () => {
  const at = { openaiPath: "/v1" };
  it.each<[name: string, asked: Asked, taken: RegExp]>([
    ["a login of Codex, before all", { keys: KEYS, logins: ["codex", "claude_code"], ...at }, /^codex gpt-/],
    ["a login of Claude", { keys: KEYS, logins: ["claude_code"], ...at }, /^claude_code claude-sonnet-/],
    ["a key, with a login for another use", { keys: KEYS, logins: ["gemini"], ...at }, /^anthropic claude-sonnet-/],
    ["ANTHROPIC_API_KEY", { keys: { ANTHROPIC_API_KEY: "k" } }, /^anthropic claude-sonnet-/],
    ["GEMINI_API_KEY", { keys: { GEMINI_API_KEY: "k" } }, /^gemini gemini-/],
    ["an empty key, which is none", { keys: { ...KEYS, ANTHROPIC_API_KEY: "" }, ...at }, /^gemini gemini-/],
    ["a server of one's own, without a key", { openaiPath: "/local/v1", model: "qwen3:8b" }, /^openai qwen3:8b$/],
    [
      "the only one that knows the model",
      { keys: KEYS, openaiPath: "/local/v1", model: "qwen3:8b" },
      /^openai qwen3:8b$/,
    ],
    ["the one whose model it is", { keys: KEYS, model: "gemini-3.8-flash" }, /^gemini gemini-3\.8-flash$/],
    ["ROUTER_ORDER", { keys: { ...KEYS, ROUTER_ORDER: "gemini,anthropic" } }, /^gemini gemini-/],
  ])("%s", async (_name, asked, taken) => {
    expect(await route(asked)).toMatch(taken);
  });

  it("nobody, when nothing is set up", async () => {
    await expect(route({})).rejects.toMatchObject({ code: "auth_missing", provider: "scorpiox" });
  });

  it("nobody, when no service knows the word", async () => {
    const keys = { ANTHROPIC_API_KEY: "k", GEMINI_API_KEY: "k" };
    await expect(route({ keys, model: "sonet" })).rejects.toMatchObject({
      code: "model_unavailable",
      message: expect.stringContaining("sonnet"),
    });
  });
});
