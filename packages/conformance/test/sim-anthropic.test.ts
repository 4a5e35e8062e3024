import { type Script, startSim } from "@scorpiox/sim";
import {
  type ChatRequest,
  createProvider,
  type Effort,
  loadModels,
  type Message,
  ProviderError,
  type ToolDefinition,
} from "@scorpiox/sxnet";
import { expect, it } from "vitest";

/**
 * The simulator refuses what the service is known to refuse, from its own reading of the service's pages. No model of
 * our table gets a request from us that it would not take.
 */

const EFFORTS: readonly (Effort | undefined)[] = [undefined, "off", "minimal", "low", "medium", "high", "xhigh", "max"];
const TOOL: ToolDefinition = {
  name: "read",
  description: "reads a file",
  inputSchema: {
    type: "object",
    properties: { path: { type: "string" } },
    required: ["path"],
    additionalProperties: false,
  },
  strict: true,
};
const { models } = await loadModels("anthropic");
const STEPS = 3;

const script: Script = {
  turns: models.flatMap(() =>
    EFFORTS.flatMap(() => [
      { reply: [{ thinking: "Hm." }, { text: "Both." }, { tool_use: { name: "read", input: { path: "a" } } }] },
      { reply: [{ tool_use: { name: "read", input: { path: "b" } } }] },
      { reply: [{ text: '{"path":"c"}' }] },
    ]),
  ),
};

it.each(["anthropic", "claude_code"])("%s: every model takes every effort, with tools and a schema", async (name) => {
  const sim = await startSim({ script });
  const provider = await createProvider(name, {
    settings: sim.env,
    getCredential: async () => ({ accessToken: sim.env["CLAUDE_CODE_OAUTH_TOKEN"] ?? "" }),
  });
  const refused: string[] = [];
  for (const { id } of models) {
    for (const effort of EFFORTS) {
      const messages: Message[] = [{ role: "user", content: [{ type: "text", text: "Read." }] }];
      for (let step = 0; step < STEPS; step += 1) {
        const request: ChatRequest = {
          model: id,
          system: "Be brief.",
          messages,
          tools: [TOOL],
          responseSchema: { schema: TOOL.inputSchema },
          ...(effort === undefined ? {} : { thinking: { effort } }),
        };
        try {
          const { message } = await provider.stream(request).result();
          messages.push(message, {
            role: "user",
            content: message.content.flatMap((block) =>
              block.type === "tool_use"
                ? [{ type: "tool_result", toolUseId: block.id, content: [{ type: "text", text: "x" }] } as const]
                : [],
            ),
          });
        } catch (error) {
          if (!ProviderError.is(error)) throw error;
          refused.push(`${id} ${effort ?? "unset"} step ${step}: ${error.message}`);
        }
      }
    }
  }
  await provider.close();
  await sim.close();
  expect(refused).toEqual([]);
});

it("a forced call is sent to every model that takes one, and to no other", async () => {
  const sim = await startSim({
    script: { turns: models.map(() => ({ reply: [{ tool_use: { name: "read", input: { path: "a" } } }] })) },
  });
  const provider = await createProvider("anthropic", { settings: sim.env });
  const outcomes: Record<string, string> = {};
  for (const { id } of models) {
    const request: ChatRequest = {
      model: id,
      messages: [{ role: "user", content: [{ type: "text", text: "Read." }] }],
      tools: [TOOL],
      toolChoice: "required",
      thinking: { effort: "high" },
    };
    try {
      outcomes[id] = (await provider.stream(request).result()).stopReason;
    } catch (error) {
      if (!ProviderError.is(error)) throw error;
      // Refused here, not there: an error without a status was never sent.
      outcomes[id] = `${error.code} ${error.status ?? "unsent"}`;
    }
  }
  await provider.close();
  await sim.close();
  const refusing = /^claude-(opus-5-5|sonnet-5-5|fable-5-[12]|mythos-5-[12])$/;
  expect(outcomes).toEqual(
    Object.fromEntries(models.map(({ id }) => [id, refusing.test(id) ? "invalid_request unsent" : "tool_use"])),
  );
});
