import { expect, it } from "vitest";
import { readCodexModelList } from "../src/models-codex-list.js";
import { answering, codexAt } from "./answering.js";

it("reads what the catalogue tells, and leaves out what it hides", () => {
  const body = {
    models: [
      {
        slug: "gpt-9",
        visibility: "list",
        supported_reasoning_levels: [{ effort: "low" }, { effort: "high" }, { effort: "ultra" }, null],
        input_modalities: ["text"],
        context_window: 1000,
      },
      { slug: "gpt-secret", visibility: "hide" },
      { slug: "gpt-bare" },
      { slug: 7 },
      null,
    ],
  };
  expect(readCodexModelList(body)).toEqual([
    { id: "gpt-9", efforts: ["low", "high"], images: false, contextTokens: 1000 },
    { id: "gpt-bare" },
  ]);
});

it.each([{}, { models: {} }, [], null])("%j is no list: an error", (body) => {
  expect(() => readCodexModelList(body)).toThrow(expect.objectContaining({ code: "protocol" }));
});

it("asks beside the answers, with the credential and the protocol level", async () => {
  const json = { "content-type": "application/json" };
  const server = await answering(
    { headers: json, body: '{"models":[{"slug":"gpt-9"}]}' },
    { headers: json, body: '{"plan_type":"plus","rate_limit":null}' },
  );
  const provider = await codexAt(server);
  expect(await provider.listModels?.()).toEqual([{ id: "gpt-9" }]);
  expect(await provider.readLimits?.()).toEqual({ windows: [], plan: "plus" });
  expect(server.requests.map(({ url }) => url)).toEqual([
    "/backend-api/codex/models?client_version=0.169.0",
    "/backend-api/wham/usage",
  ]);
  for (const { headers } of server.requests) {
    expect(headers).toMatchObject({ authorization: "Bearer access-made-up", "chatgpt-account-id": "account-made-up" });
  }
});
