import { describe, expect, it } from "vitest";
import { ProviderError } from "../src/errors.js";
import { gemini } from "../src/provider-gemini.js";
import type { ChatRequest } from "../src/types.js";
import { describeProvider, readFixtures } from "./contract.js";

const HELLO: ChatRequest = {
  model: "gemini-3.8-flash",
  messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }],
};

describeProvider(gemini, {
  fixtures: readFixtures("gemini"),
  request: HELLO,
  settings: (baseUrl) => ({ GEMINI_BASE_URL: baseUrl, GEMINI_API_KEY: "key-made-up" }),
  text: "text",
  thinking: "thinking",
  twoTools: "two-tools",
  failure: "error-event",
});
