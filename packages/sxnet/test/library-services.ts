import { onTestFinished } from "vitest";
import type { Provider } from "../src/provider.js";
import { createProvider } from "../src/registry.js";
import type { GetCredential } from "../src/run-provider.js";
import type { Settings } from "../src/types.js";
import { answering, callItem, itemsAnswer, QUICK, textAnswer } from "./answering.js";

/** The services of the page's examples, each in its own wire format, on loopback. */

export const SERVICES = ["codex", "anthropic", "gemini", "openai"] as const;
export type Service = (typeof SERVICES)[number];

/** One answer in neutral words: a text, a call of a tool, or a failure. */
export interface Said {
  readonly text?: string;
  readonly call?: readonly [name: string, input: unknown];
  readonly status?: number;
}

interface Speech {
  readonly model: string;
  settings(origin: string): Settings;
  body(said: Said): string;
}

const SPEECHES: Readonly<Record<Service, Speech>> = {
  codex: {
    model: "gpt-5.5",
    settings: (origin) => ({ CODEX_BASE_URL: `${origin}/backend-api/codex` }),
    body: ({ text = "", call }) =>
      call === undefined ? textAnswer(text) : itemsAnswer([callItem("call_1", call[0], call[1])]),
  },
  anthropic: {
    model: "sonnet",
    settings: (origin) => ({ ANTHROPIC_API_URL: origin, ANTHROPIC_API_KEY: "made-up" }),
    body: ({ text = "", call }) =>
      frames(
        { type: "message_start", message: { content: [], usage: { input_tokens: 10 } } },
        {
          type: "content_block_start",
          index: 0,
          content_block:
            call === undefined
              ? { type: "text", text }
              : { type: "tool_use", id: "call_1", name: call[0], input: call[1] },
        },
        { type: "content_block_stop", index: 0 },
        { type: "message_delta", delta: { stop_reason: call === undefined ? "end_turn" : "tool_use" }, usage: {} },
        { type: "message_stop" },
      ),
  },
  gemini: {
    model: "sonnet",
    settings: (origin) => ({ GEMINI_BASE_URL: origin, GEMINI_API_KEY: "made-up" }),
    body: ({ text = "", call }) => {
      const part = call === undefined ? { text } : { functionCall: { name: call[0], args: call[1] } };
      return frames({ candidates: [{ content: { role: "model", parts: [part] }, finishReason: "STOP" }] });
    },
  },
  openai: {
    model: "gpt-5.5",
    settings: (origin) => ({ OPENAI_BASE_URL: `${origin}/v1` }),
    body: ({ text, call }) => {
      const calls = call && [
        { index: 0, id: "call_1", type: "function", function: { name: call[0], arguments: JSON.stringify(call[1]) } },
      ];
      return frames({
        choices: [
          {
            delta: { role: "assistant", content: text ?? null, ...(calls === undefined ? {} : { tool_calls: calls }) },
            finish_reason: call === undefined ? "stop" : "tool_calls",
          },
        ],
      });
    },
  },
};

/** A server that says these things one after the other, and its provider, closed with the test. */
export async function serviceAt(name: Service, says: readonly Said[]) {
  const { model, settings: settingsOf, body } = SPEECHES[name];
  const server = await answering(
    ...says.map((said) => (said.status === undefined ? { body: body(said) } : { status: said.status, body: "{}" })),
  );
  const settings = settingsOf(new URL(server.baseUrl).origin);
  const getCredential: GetCredential = () => Promise.resolve({ accessToken: "made-up", accountId: "made-up" });
  const provider: Provider = await createProvider(name, { settings, getCredential, retry: QUICK });
  onTestFinished(() => provider.close());
  return {
    provider,
    model,
    settings,
    getCredential,
    bodies: () => server.requests.map((request) => JSON.parse(request.body) as Record<string, unknown>),
  };
}

function frames(...events: readonly object[]): string {
  return events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
}
