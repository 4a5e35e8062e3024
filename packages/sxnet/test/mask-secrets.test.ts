import { describe, expect, it, onTestFinished } from "vitest";
import { maskSecrets } from "../src/mask-secrets.js";
import { createProvider } from "../src/registry.js";
import { type Answer, answering, collect, HELLO, sse } from "./answering.js";

const SECRET = "made.up+key/of-no_known=form";
const SAYS = `the key ${SECRET} is wrong, I said ${SECRET}`;
const MESSAGES_FAILURE = { type: "error", error: { type: "invalid_request_error", message: SAYS } };

const PROVIDERS: readonly [name: string, settings: (origin: string) => Record<string, string>, failure: object][] = [
  ["codex", (url) => ({ CODEX_BASE_URL: url }), { type: "error", error: { code: "invalid_prompt", message: SAYS } }],
  ["claude_code", (url) => ({ CLAUDE_CODE_API_URL: url }), MESSAGES_FAILURE],
  ["anthropic", (url) => ({ ANTHROPIC_API_URL: url, ANTHROPIC_API_KEY: SECRET }), MESSAGES_FAILURE],
  [
    "gemini",
    (url) => ({ GEMINI_BASE_URL: url, GEMINI_API_KEY: SECRET }),
    { error: { code: 400, status: "INVALID_ARGUMENT", message: SAYS } },
  ],
  ["openai", (url) => ({ OPENAI_BASE_URL: url, OPENAI_API_KEY: SECRET }), { error: { code: "x", message: SAYS } }],
  [
    "openai",
    (url) => ({ OPENAI_BASE_URL: url, OPENAI_EXTRA_HEADERS: JSON.stringify({ "X-Portal-Key": SECRET }) }),
    { error: { code: "x", message: SAYS } },
  ],
  ["scorpiox", (url) => ({ ROUTER_URL: url, ROUTER_API_KEY: SECRET }), MESSAGES_FAILURE],
];

describe.each(PROVIDERS)("%s", (name, settings, failure) => {
  async function open(...answers: readonly Answer[]) {
    const server = await answering(...answers);
    const provider = await createProvider(name, {
      settings: settings(new URL(server.baseUrl).origin),
      getCredential: () => Promise.resolve({ accessToken: SECRET }),
      retry: { maxRetries: 0 },
    });
    onTestFinished(() => provider.close());
    return provider;
  }

  it.each([
    ["a refusal", { status: 400, headers: { "content-type": "application/json" }, body: JSON.stringify(failure) }],
    ["a refusal in plain words", { status: 400, headers: { "content-type": "text/plain" }, body: SAYS }],
    ["a failure in the stream", { body: sse(failure as Record<string, unknown>) }],
  ])("keeps the credential out of what it says of %s", async (_what, answer) => {
    const provider = await open(answer);
    const model = name === "openai" ? "m1" : name === "codex" ? HELLO.model : "sonnet";
    const { error } = await collect(provider.stream({ ...HELLO, model }));
    expect(error).toMatchObject({ name: "ProviderError", message: expect.stringContaining("***") as string });
    expect(`${(error as Error).message}${(error as Error).stack}`).not.toContain(SECRET);
  });

  it("nor of its list of models", async () => {
    const provider = await open({ status: 400, headers: { "content-type": "text/plain" }, body: SAYS });
    await expect(provider.listModels?.()).rejects.toMatchObject({
      message: expect.not.stringContaining(SECRET) as string,
    });
  });
});

it("masks no words: short values and other headers stay", () => {
  const headers = { authorization: "Bearer short", "user-agent": "scorpiox-code" };
  expect(maskSecrets("short scorpiox-code", headers)).toBe("short scorpiox-code");
});
