import { describe, expect, it } from "vitest";
import { routerService } from "../src/provider-router-service.js";
import { createProvider } from "../src/registry.js";
import type { ChatRequest, Settings } from "../src/types.js";
import { answering, collect } from "./answering.js";
import { describeProvider, readFixtures } from "./contract.js";

const REQUEST: ChatRequest = {
  model: "sonnet",
  system: "Be brief.",
  messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }],
};

describeProvider(routerService, {
  fixtures: readFixtures("router"),
  request: REQUEST,
  settings: (baseUrl) => ({ ROUTER_URL: new URL(baseUrl).origin }),
  text: "text",
  thinking: "thinking-unsigned",
  twoTools: "two-tools",
  failure: "error-other-shape",
});

const FOREIGN = { provider: "anthropic", model: "claude-opus-5-5", data: { kind: "thinking", signature: "s" } };

const build = (settings: Settings, request = REQUEST) =>
  routerService.buildRequest(request, { settings, credential: undefined, userAgent: "scorpiox-code/0.0.0" });

describe("the address", () => {
  it.each([
    ["http://127.0.0.1:3456", "http://127.0.0.1:3456/v1/messages"],
    ["http://localhost:4000/v1", "http://localhost:4000/v1/messages"],
    ["http://[::1]:8080/prefix", "http://[::1]:8080/prefix/v1/messages"],
    ["https://router.example/v1/messages", "https://router.example/v1/messages"],
    ["http://192.168.1.7:11434", "http://192.168.1.7:11434/v1/messages"],
  ])("%s is asked at %s", (value, url) => {
    expect(build({ ROUTER_URL: value }).url).toBe(url);
  });

  it.each([
    ["http://192.168.1.7:11434", { ROUTER_API_KEY: "k" }],
    ["http://router.example", {}],
    ["not a url", {}],
  ])("%s with %j is refused by name", (value, settings) => {
    expect(() => build({ ROUTER_URL: value, ...settings })).toThrow(
      expect.objectContaining({ code: "configuration", key: "ROUTER_URL" }),
    );
  });
});

describe("the request", () => {
  it("names nobody without a key, and sends a key the two ways that routers read", () => {
    const { headers } = build({ ROUTER_URL: "http://127.0.0.1:1" });
    expect(headers).toEqual({
      "anthropic-version": "2023-06-01",
      "user-agent": "scorpiox-code/0.0.0",
      accept: "text/event-stream",
      "content-type": "application/json",
    });
    expect(build({ ROUTER_URL: "http://127.0.0.1:1", ROUTER_API_KEY: "k" }).headers).toMatchObject({
      authorization: "Bearer k",
      "x-api-key": "k",
    });
  });

  it("sends the model's name as it is, an alias too, and thinks only when asked to", () => {
    const body = (settings: Settings = {}, request = REQUEST): Record<string, unknown> =>
      JSON.parse(build({ ROUTER_URL: "http://127.0.0.1:1", ...settings }, request).body ?? "") as Record<
        string,
        unknown
      >;
    expect(body()).toMatchObject({ model: "sonnet", stream: true, max_tokens: 32_000 });
    expect(body()).not.toHaveProperty("thinking");
    expect(body({ THINKING: "1" })["thinking"]).toEqual({ type: "enabled", budget_tokens: 10_000 });
    expect(body({ THINKING_BUDGET: "2000" })["thinking"]).toEqual({ type: "enabled", budget_tokens: 2000 });
    expect(body({}, { ...REQUEST, model: "any/thing:7b" })).toMatchObject({ model: "any/thing:7b" });
  });

  it.each([
    ["unsigned thoughts, as servers give them that ask for none", {}, true],
    ["another service's thoughts, which the one behind it may ask for", { opaque: FOREIGN }, false],
  ])("thinks on while calls are answered after %s", (_name, more, thinks) => {
    const request: ChatRequest = {
      ...REQUEST,
      thinking: { effort: "low" },
      messages: [
        ...REQUEST.messages,
        {
          role: "assistant",
          content: [
            { type: "thinking", text: "hm", ...more },
            { type: "tool_use", id: "c", name: "f", input: {} },
          ],
        },
        { role: "user", content: [{ type: "tool_result", toolUseId: "c", content: [] }] },
      ],
    };
    const { body = "" } = build({ ROUTER_URL: "http://127.0.0.1:1" }, request);
    expect(body.includes('"thinking":')).toBe(thinks);
    expect(body).not.toContain("hm");
  });

  it("never sends thoughts back that have no signature", async () => {
    const server = await answering({
      body: readFixtures("router").find(({ name }) => name === "thinking-unsigned")?.bytes ?? "",
    });
    const provider = await createProvider("scorpiox", { settings: { ROUTER_URL: new URL(server.baseUrl).origin } });
    const { message } = await provider.stream(REQUEST).result();
    expect(message.content.map(({ type }) => type)).toEqual(["thinking", "text"]);
    const messages = [...REQUEST.messages, message, ...REQUEST.messages];
    await provider.stream({ ...REQUEST, messages }).result();
    expect(server.requests[1]?.body).not.toContain("Hm, yes.");
    expect(server.requests[1]?.body).toContain("Yes.");
    await provider.close();
  });
});

it.each(["scorpiox", "router"])("PROVIDER=%s with ROUTER_URL asks that router, and no other provider", async (name) => {
  const server = await answering({
    body: readFixtures("router").find((fixture) => fixture.name === "text")?.bytes ?? "",
  });
  const provider = await createProvider(name, {
    settings: { ROUTER_URL: `${new URL(server.baseUrl).origin}/base`, OPENAI_API_KEY: "k", ROUTER_ORDER: "openai" },
  });
  const { events, error } = await collect(provider.stream(REQUEST));
  expect(error).toBeUndefined();
  expect(events.some(({ type }) => type === "route")).toBe(false);
  expect(server.requests.map(({ url }) => url)).toEqual(["/base/v1/messages"]);
  await provider.close();
});

it("lists the models of the router", async () => {
  const server = await answering({
    headers: { "content-type": "application/json" },
    body: '{"data":[{"id":"local/one"},{"id":"two","display_name":"Two"}]}',
  });
  const provider = await createProvider("router", { settings: { ROUTER_URL: new URL(server.baseUrl).origin } });
  expect(await provider.listModels?.()).toEqual([{ id: "local/one" }, { id: "two", note: "Two" }]);
  expect(server.requests[0]?.url).toBe("/v1/models?limit=1000");
  await provider.close();
});
