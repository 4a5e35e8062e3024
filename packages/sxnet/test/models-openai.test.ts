import { describe, expect, it } from "vitest";
import { nearestEffort } from "../src/models.js";
import { OPENAI_MODELS, readOpenAiModels } from "../src/models-openai.js";

describe("readOpenAiModels", () => {
  it.each<[name: string, body: unknown, models: readonly unknown[]]>([
    ["plain ids", { object: "list", data: [{ id: "a", object: "model" }, { id: "b" }] }, [{ id: "a" }, { id: "b" }]],
    [
      "what OpenRouter tells",
      {
        data: [
          {
            id: "a",
            description: "Fast.\nAnd more.",
            context_length: 1000,
            architecture: { input_modalities: ["text", "image"] },
            top_provider: { max_completion_tokens: 50 },
          },
        ],
      },
      [{ id: "a", note: "Fast.", contextTokens: 1000, images: true, maxOutputTokens: 50 }],
    ],
    [
      "what Groq tells",
      { data: [{ id: "a", context_window: 8192, max_completion_tokens: 4096 }] },
      [{ id: "a", contextTokens: 8192, maxOutputTokens: 4096 }],
    ],
    [
      "what Mistral tells",
      { data: [{ id: "a", max_context_length: 32768, capabilities: { vision: false } }] },
      [{ id: "a", contextTokens: 32768, images: false }],
    ],
    ["what vLLM tells", { data: [{ id: "a", max_model_len: 4096 }] }, [{ id: "a", contextTokens: 4096 }]],
    ["what llama.cpp tells", { data: [{ id: "a", meta: { n_ctx_train: 4096 } }] }, [{ id: "a", contextTokens: 4096 }]],
    ["a bare list", [{ id: "a" }], [{ id: "a" }]],
    ["names", { models: [{ name: "a" }] }, [{ id: "a" }]],
    ["nothing", { data: [] }, []],
    [
      "entries that are none",
      { data: [null, 1, {}, { id: "" }, { id: 5 }, { id: "a", context_length: "many" }] },
      [{ id: "a" }],
    ],
  ])("reads %s", (_name, body, models) => {
    expect(readOpenAiModels(body)).toEqual(models);
  });

  it("adds what the table knows, and leaves out what cannot be talked to", () => {
    const owned = ["gpt-5.5", "text-embedding-3-small", "whisper-1", "gpt-image-1", "gpt-realtime"];
    const models = readOpenAiModels({ data: owned.map((id) => ({ id, owned_by: "openai" })) });
    expect(models).toEqual([OPENAI_MODELS.models.find(({ id }) => id === "gpt-5.5")]);
    expect(readOpenAiModels({ data: [{ id: "my-embedder", owned_by: "me" }] })).toHaveLength(1);
  });

  it.each([null, {}, "no", { data: "no" }])("says so when it is no list: %j", (body) => {
    expect(() => readOpenAiModels(body)).toThrowError(expect.objectContaining({ code: "protocol" }));
  });
});

describe("the table", () => {
  it.each(OPENAI_MODELS.models.map((model) => [model.id, model] as const))("%s holds together", (id, model) => {
    expect(OPENAI_MODELS.passes.test(id)).toBe(true);
    expect(model.maxOutputTokens).toBeLessThan(model.contextTokens);
    expect(nearestEffort("off", model.efforts)).toBe(model.efforts[0] ?? "off");
    if (model.price === undefined) return;
    const { input, cachedInput, output, asOf, cacheWrite } = model.price;
    expect(cachedInput).toBeLessThan(input);
    expect(output).toBeGreaterThan(input);
    expect(cacheWrite ?? input).toBeGreaterThanOrEqual(input);
    expect(asOf).toMatch(/^\d{4}-\d\d-\d\d$/);
  });

  it("names every model once", () => {
    const ids = OPENAI_MODELS.models.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
