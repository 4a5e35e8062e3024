import { type Script, type Sim, type SimOptions, startSim, type Turn } from "../src/index.js";
import { type Got, send } from "./client.js";

export type Json = Readonly<Record<string, unknown>>;

export const API_KEY = "test-anthropic-key";
/** One with thinking budgets, one that decides by itself how much it thinks. */
export const BUDGETED = "claude-haiku-4-5-20251001";
export const ADAPTIVE = "claude-opus-5-5";

export const OLD_VERSION = { "x-api-key": API_KEY, "anthropic-version": "2023-06-01" };
export const NEW_VERSION = { "x-api-key": API_KEY, "anthropic-version": "2026-10-21" };
export const LOGIN = {
  authorization: "Bearer sk-ant-oat01-test",
  "anthropic-version": "2023-06-01",
  "anthropic-beta": "claude-code-20250219,oauth-2025-04-20",
};

export const TOOL: Json = { name: "bash", description: "runs it", input_schema: { type: "object", properties: {} } };
export const BUDGET: Json = { thinking: { type: "enabled", budget_tokens: 1024 } };

/** A request that the service would take, with `extra` laid over it. */
export function messagesBody(text: string, extra: Json = {}): Json {
  return {
    model: BUDGETED,
    max_tokens: 4096,
    system: "You are a test.",
    messages: [{ role: "user", content: text }],
    tools: [TOOL],
    stream: true,
    ...extra,
  };
}

/** The same with more messages after the first one. */
export function turns(...messages: readonly Json[]): Json {
  return messagesBody("", { messages: [{ role: "user", content: "hi" }, ...messages] });
}

export function assistant(...content: readonly unknown[]): Json {
  return { role: "assistant", content };
}

export function user(...content: readonly unknown[]): Json {
  return { role: "user", content };
}

export const CALL: Json = { type: "tool_use", id: "toolu_1", name: "bash", input: {} };
export const RESULT: Json = { type: "tool_result", tool_use_id: "toolu_1", content: "done" };

export async function ask(
  sim: Pick<Sim, "url">,
  body: unknown,
  headers: Readonly<Record<string, string>> = OLD_VERSION,
  path = "/v1/messages",
): Promise<Got> {
  return send(`${sim.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

export async function withSim<T>(
  script: Script,
  use: (sim: Sim) => Promise<T>,
  options: Omit<SimOptions, "script"> = {},
): Promise<T> {
  const sim = await startSim({ script, seed: "t", now: () => 1_800_000_000_000, ...options });
  try {
    return await use(sim);
  } finally {
    await sim.close();
  }
}

/** The answer of one turn to one request. */
export async function answerOf(
  turn: Turn,
  body: Json = messagesBody("hi"),
  headers: Readonly<Record<string, string>> = OLD_VERSION,
): Promise<Got> {
  return withSim({ turns: [turn] }, (sim) => ask(sim, body, headers));
}

export interface StreamedBlock extends Json {
  readonly type: string;
  /** What its deltas say, joined. */
  readonly streamed: string;
  readonly signature?: string;
}

/** The blocks of a stream with what their deltas add, told by nothing but the events. */
export function blocksOf(events: readonly Json[]): readonly StreamedBlock[] {
  return events
    .filter((event) => event["type"] === "content_block_start")
    .map((start) => {
      const deltas = events
        .filter((event) => event["type"] === "content_block_delta" && event["index"] === start["index"])
        .map((event) => event["delta"] as Readonly<Record<string, string>>);
      const signature = deltas.find((delta) => delta["type"] === "signature_delta")?.["signature"];
      const streamed = deltas.map((delta) => delta["text"] ?? delta["thinking"] ?? delta["partial_json"] ?? "");
      return {
        ...(start["content_block"] as StreamedBlock),
        ...(signature === undefined ? {} : { signature }),
        streamed: streamed.join(""),
      };
    });
}
