import { describe, expect, it } from "vitest";
import { loadModels, serviceNames } from "../src/index.js";
import { anthropic } from "../src/provider-anthropic.js";
import { claudeCode } from "../src/provider-claude-code.js";
import { codex } from "../src/provider-codex.js";
import { gemini } from "../src/provider-gemini.js";
import { openai } from "../src/provider-openai.js";
import { routerService } from "../src/provider-router-service.js";
import type { Message } from "../src/types.js";

/** Base64 that is nothing else's beginning or end. */
const [SAID, SHOWN, FAILED] = ["U0FJRA==", "U0hPV04=", "RkFJTEVE"] as const;

const image = (data: string) => ({ type: "image", mediaType: "image/png", data }) as const;

/** A conversation that another provider began: what it wants back is dropped, what was seen is not. */
const MESSAGES: readonly Message[] = [
  { role: "user", content: [image(SAID), { type: "text", text: "what is it?" }] },
  {
    role: "assistant",
    content: [
      { type: "thinking", text: "hm", opaque: { provider: "other", model: "m", data: { signature: "x" } } },
      { type: "tool_use", id: "call:1", name: "view_image", input: { path: "a.png" } },
      { type: "tool_use", id: "call:2", name: "view_image", input: { path: "b.png" } },
    ],
  },
  {
    role: "user",
    content: [
      { type: "tool_result", toolUseId: "call:1", content: [{ type: "text", text: "a.png" }, image(SHOWN)] },
      {
        type: "tool_result",
        toolUseId: "call:2",
        content: [{ type: "text", text: "b.png" }, image(FAILED)],
        isError: true,
      },
      { type: "text", text: "and now?" },
    ],
  },
];

const WAYS = [
  ["anthropic", anthropic, "sonnet", { ANTHROPIC_API_KEY: "k" }],
  ["claude_code", claudeCode, "sonnet", {}],
  ["codex, classic", codex, "gpt-5.4", {}],
  ["codex, lite", codex, "gpt-5.6-terra", {}],
  ["gemini 3", gemini, "gemini-3.8-flash", { GEMINI_API_KEY: "k" }],
  ["gemini 2.5", gemini, "gemini-2.5-flash", { GEMINI_API_KEY: "k" }],
  ["openai, Chat Completions", openai, "gpt-4.1", { OPENAI_API_KEY: "k", OPENAI_API: "chat" }],
  ["openai, Responses", openai, "gpt-4.1", { OPENAI_API_KEY: "k", OPENAI_API: "responses" }],
  ["another server", openai, "llama3", { OPENAI_BASE_URL: "http://127.0.0.1:1/v1" }],
  ["a router", routerService, "any", { ROUTER_URL: "http://127.0.0.1:1" }],
] as const;

describe.each(WAYS)("%s", (name, spec, model, settings) => {
  const build = (messages: readonly Message[]): string =>
    spec.buildRequest({ model, messages }, { settings, credential: undefined, userAgent: "test" }).body ?? "";

  it("is sent every image of the conversation, once and in order", () => {
    const found = build(MESSAGES).match(new RegExp([SAID, SHOWN, FAILED].join("|"), "g"));
    expect(found).toEqual([SAID, SHOWN, FAILED]);
  });

  it("is told what a followed image belongs to, and shown it before what was said", () => {
    const body = build(MESSAGES);
    const said = body.indexOf("and now?");
    expect(body.indexOf(FAILED)).toBeLessThan(said);
    // These take images inside of every result.
    const isInside = /codex|gemini 3|Responses/.test(name);
    expect(/Images of (the result|answer)/.test(body)).toBe(!isInside);
  });

  it("goes on without an image that it does not take, once it is an older one", () => {
    const odd = { type: "image", mediaType: "image/x-odd", data: "T0RE" } as const;
    const old: readonly Message[] = [
      { role: "user", content: [odd, { type: "text", text: "what is it?" }] },
      { role: "assistant", content: [{ type: "text", text: "odd" }] },
    ];
    const body = build([...old, { role: "user", content: [{ type: "text", text: "go on" }] }]);
    expect(body).not.toContain("T0RE");
    expect(body).toContain("[image omitted: ");
    expect(() => build(old.slice(0, 1))).toThrow(/does not take images of type/);
  });
});

it("tries every service there is", async () => {
  const names = new Set<string>(WAYS.map(([, spec]) => spec.name));
  for (const name of serviceNames()) {
    expect(names).toContain(name);
    expect((await loadModels(name)).unlisted.images).toBe(true);
  }
});
