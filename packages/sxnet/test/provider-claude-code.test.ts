import { describe, expect, it } from "vitest";
import { claudeCode } from "../src/provider-claude-code.js";
import { createProvider } from "../src/registry.js";
import type { ChatRequest, Settings } from "../src/types.js";
import { type Answer, answering, collect, QUICK } from "./answering.js";
import { describeProvider, type ExpectedEvent, readFixtures } from "./contract.js";

const NOW_MS = Date.parse("2026-11-21T12:00:00Z");
const REQUEST: ChatRequest = {
  model: "sonnet",
  system: "Be brief.",
  messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }],
};

/** What the same bytes mean to the other way in: its name stands in what belongs to a provider, and in errors. */
const fixtures = readFixtures("anthropic").map((fixture) => ({
  ...fixture,
  events: JSON.parse(JSON.stringify(fixture.events).replaceAll("anthropic", "claude_code")) as readonly ExpectedEvent[],
}));

describeProvider(claudeCode, {
  fixtures,
  request: { ...REQUEST, model: "claude-sonnet-5-5" },
  settings: (baseUrl) => ({ CLAUDE_CODE_API_URL: new URL(baseUrl).origin }),
  text: "text",
  thinking: "thinking",
  twoTools: "two-tools",
  failure: "error",
});

function build(request: ChatRequest, settings: Settings = {}) {
  return claudeCode.buildRequest(request, {
    settings,
    credential: { accessToken: "access-made-up" },
    userAgent: "scorpiox-code/0.0.0",
  });
}

function errorOf(status: number, type: string, message: string, headers: Readonly<Record<string, string>> = {}) {
  const body = JSON.stringify({ type: "error", error: { type, message }, request_id: "req_made_up" });
  return claudeCode.readError({ status, headers: { "request-id": "req_made_up", ...headers }, body, nowMs: NOW_MS });
}

describe("a request", () => {
  it("carries the bearer, says who asks, and nothing of another program", () => {
    const { url, headers, body } = build(REQUEST);
    expect(url).toBe("https://api.anthropic.com/v1/messages");
    expect(headers).toEqual({
      authorization: "Bearer access-made-up",
      "anthropic-version": "2026-10-21",
      "anthropic-beta": "oauth-2025-04-20",
      "user-agent": "scorpiox-code/0.0.0",
      accept: "text/event-stream",
      "content-type": "application/json",
    });
    expect(JSON.parse(body ?? "")).toMatchObject({
      model: "claude-sonnet-5-5",
      system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }],
    });
  });

  it("names what it needs beside the login", () => {
    const tools = [{ name: "t", description: "d", inputSchema: { type: "object" } }];
    const { headers } = build({ ...REQUEST, model: "claude-haiku-4-5", tools, thinking: { effort: "low" } });
    expect(headers["anthropic-beta"]).toBe("oauth-2025-04-20,interleaved-thinking-2025-05-14");
  });

  it("has a prefix only when it is set, as the first block", () => {
    const { body } = build(REQUEST, { CLAUDE_CODE_SYSTEM_PREFIX: "You are mine." });
    expect((JSON.parse(body ?? "") as { system: unknown }).system).toEqual([
      { type: "text", text: "You are mine." },
      { type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } },
    ]);
  });

  it("goes where CLAUDE_CODE_API_URL says", () => {
    const settings = { CLAUDE_CODE_API_URL: "http://127.0.0.1:9/prefix", ANTHROPIC_API_URL: "https://example.org" };
    expect(build(REQUEST, settings)).toMatchObject({
      url: "http://127.0.0.1:9/prefix/v1/messages",
      headers: { "anthropic-version": "2023-06-01" },
    });
  });
});

describe("a refusal of foreign programs", () => {
  it.each<[name: string, status: number, type: string, message: string]>([
    ["400 without a reason", 400, "invalid_request_error", "Error"],
    [
      "for this credential",
      400,
      "invalid_request_error",
      "This credential is only authorized for use with Claude Code and cannot be used for other API requests.",
    ],
    ["the same as 403", 403, "permission_error", "This credential is only authorized for use with Claude Code."],
    ["for extra usage", 400, "invalid_request_error", "You're out of extra usage. Add more and keep going."],
    ["for extra usage of third parties", 400, "invalid_request_error", "Third-party apps now draw from extra usage."],
    ["a bare 429", 429, "rate_limit_error", "Error"],
  ])("(%s) is explained, and not repeated", (_name, status, type, message) => {
    const error = errorOf(status, type, message);
    expect(error).toMatchObject({ code: "quota_exhausted", status, retryable: false, requestId: "req_made_up" });
    expect(error.message).toMatch(/^claude_code answered \d+/);
    expect(error.message).toContain("the vendor means logins of Claude plans for its own programs");
    expect(error.message).toContain("PROVIDER=anthropic");
    expect(error.message).not.toContain("log in again");
  });

  it("keeps the service's words, where it has some", () => {
    expect(errorOf(400, "invalid_request_error", "You're out of extra usage. Add more.").message).toContain(
      "You're out of extra usage. Add more",
    );
  });

  it("costs one request", async () => {
    const refusal: Answer = {
      status: 429,
      body: '{"type":"error","error":{"type":"rate_limit_error","message":"Error"}}',
    };
    const server = await answering(refusal);
    const provider = await createProvider("claude_code", {
      getCredential: async () => ({ accessToken: "access-made-up" }),
      retry: QUICK,
      settings: { CLAUDE_CODE_API_URL: new URL(server.baseUrl).origin },
    });
    const { error } = await collect(provider.stream(REQUEST));
    await provider.close();
    expect(error).toMatchObject({ code: "quota_exhausted", provider: "claude_code" });
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({
      url: "/v1/messages",
      headers: { authorization: "Bearer access-made-up" },
    });
  });
});

describe("a limit", () => {
  const RESET_S = NOW_MS / 1000 + 3600;

  it.each<[name: string, headers: Readonly<Record<string, string>>]>([
    ["outright", { "anthropic-ratelimit-unified-reset": `${RESET_S}` }],
    [
      "by the window that decides",
      {
        "anthropic-ratelimit-unified-representative-claim": "five_hour",
        "anthropic-ratelimit-unified-5h-reset": `${RESET_S}`,
        "anthropic-ratelimit-unified-7d-reset": `${RESET_S + 999}`,
      },
    ],
    [
      "by the used-up window",
      {
        "anthropic-ratelimit-unified-5h-status": "allowed",
        "anthropic-ratelimit-unified-5h-reset": `${RESET_S - 999}`,
        "anthropic-ratelimit-unified-7d_sonnet-status": "rejected",
        "anthropic-ratelimit-unified-7d_sonnet-reset": `${RESET_S}`,
      },
    ],
  ])("that is used up says until when: %s", (_name, headers) => {
    const error = errorOf(429, "rate_limit_error", "This request would exceed your account's rate limit.", {
      "anthropic-ratelimit-unified-status": "rejected",
      "x-should-retry": "true",
      ...headers,
    });
    expect(error).toMatchObject({ code: "usage_limit", retryable: false, resetsAtMs: RESET_S * 1000 });
    expect(error.message).toContain("would exceed your account's rate limit");
  });

  it("that only asks to wait is waited for", () => {
    expect(errorOf(429, "rate_limit_error", "Slow down.", { "retry-after": "7" })).toMatchObject({
      code: "rate_limited",
      retryable: true,
      retryAfterMs: 7000,
    });
    expect(
      errorOf(429, "rate_limit_error", "Slow down.", { "anthropic-ratelimit-unified-status": "allowed_warning" }),
    ).toMatchObject({ code: "rate_limited", retryable: true });
  });
});

describe("a login", () => {
  it.each([
    [401, "authentication_error", "OAuth token has expired. Please obtain a new token or refresh your existing token."],
    [403, "permission_error", "OAuth token has been revoked. Please obtain a new token."],
    [403, "permission_error", "OAuth token does not meet scope requirement user:inference"],
  ])("that is over (%d %s) is asked for again", (status, type, message) => {
    expect(errorOf(status, type, message)).toMatchObject({ code: "auth_rejected", retryable: false });
  });

  it("is refreshed once on 401", async () => {
    const server = await answering(
      { status: 401, body: '{"type":"error","error":{"type":"authentication_error","message":"expired"}}' },
      {
        body: 'data: {"type":"message_start","message":{}}\n\ndata: {"type":"message_stop"}\n\n',
        headers: {
          "anthropic-ratelimit-unified-status": "allowed",
          "anthropic-ratelimit-unified-5h-utilization": "0.5",
        },
      },
    );
    const rejected: unknown[] = [];
    const provider = await createProvider("claude_code", {
      getCredential: async (options) => {
        rejected.push(options.rejected);
        return { accessToken: `access-${rejected.length}` };
      },
      settings: { CLAUDE_CODE_API_URL: new URL(server.baseUrl).origin },
    });
    const { events } = await collect(provider.stream(REQUEST));
    await provider.close();
    expect(rejected).toEqual([undefined, { accessToken: "access-1" }]);
    expect(events.map(({ type }) => type)).toEqual(["limits", "done"]);
    expect(events[0]).toEqual({
      type: "limits",
      limits: { windows: [{ name: "5h", usedPercent: 50, windowMinutes: 300 }] },
    });
  });

  it("belongs to its provider: what the key's provider sealed is not sent", () => {
    const opaque = (provider: string) => ({
      provider,
      model: "claude-sonnet-5-5",
      data: { kind: "thinking", signature: "c2ln" },
    });
    const sent = (provider: string): unknown =>
      JSON.parse(
        build({
          ...REQUEST,
          messages: [
            ...REQUEST.messages,
            {
              role: "assistant",
              content: [
                { type: "thinking", text: "Hm.", opaque: opaque(provider) },
                { type: "text", text: "Hi" },
              ],
            },
            ...REQUEST.messages,
          ],
        }).body ?? "",
      );
    expect(sent("claude_code")).toHaveProperty("messages.1.content.0", {
      type: "thinking",
      thinking: "Hm.",
      signature: "c2ln",
    });
    expect(sent("anthropic")).toHaveProperty("messages.1.content.0", { type: "text", text: "Hi" });
  });
});
