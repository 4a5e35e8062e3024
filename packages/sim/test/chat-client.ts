import type { Sim, Turn } from "../src/index.js";
import { type Got, send } from "./client.js";
import { withSim } from "./messages-client.js";

export type Json = Readonly<Record<string, unknown>>;

export const KEY = { authorization: "Bearer test-openai-key" };
export const MODEL = "gpt-4.1-mini";

const TOOL: Json = {
  type: "function",
  function: { name: "bash", description: "runs it", parameters: { type: "object", properties: {} } },
};
export const CALL: Json = { id: "call_1", type: "function", function: { name: "bash", arguments: '{"command":"ls"}' } };
export const RESULT: Json = { role: "tool", tool_call_id: "call_1", content: "done" };

/** A request that the service would take, with `extra` laid over it. */
export function chatBody(text: string, extra: Json = {}): Json {
  return {
    model: MODEL,
    messages: [
      { role: "system", content: "You are a test." },
      { role: "user", content: text },
    ],
    tools: [TOOL],
    stream: true,
    stream_options: { include_usage: true },
    ...extra,
  };
}

/** The same with more messages after the first one. */
export function turns(...messages: readonly Json[]): Json {
  return chatBody("", { messages: [{ role: "user", content: "hi" }, ...messages] });
}

export function calls(...tool_calls: readonly Json[]): Json {
  return { role: "assistant", content: null, tool_calls };
}

export async function ask(
  sim: Pick<Sim, "url">,
  body: unknown,
  headers: Readonly<Record<string, string>> = KEY,
  path = "/v1/chat/completions",
): Promise<Got> {
  return send(`${sim.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** The answer of one turn to one request. */
export async function answerOf(turn: Turn, body: Json = chatBody("hi")): Promise<Got> {
  return withSim({ turns: [turn] }, (sim) => ask(sim, body));
}

/** The chunks of a stream, which has to end in `[DONE]` unless it is cut short by an error. */
export function chunksOf(body: string): readonly Json[] {
  return body.split("\n\n").flatMap((event) => {
    const data = event.split("\n").find((line) => line.startsWith("data: "));
    return data === undefined || data === "data: [DONE]" ? [] : [JSON.parse(data.slice("data: ".length)) as Json];
  });
}

export interface Delta {
  readonly role?: string;
  readonly content?: string | null;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly {
    readonly index: number;
    readonly id?: string;
    readonly function: { readonly name?: string; readonly arguments: string };
  }[];
}

export function deltasOf(chunks: readonly Json[]): readonly Delta[] {
  return chunks.flatMap((chunk) => {
    const [choice] = chunk["choices"] as readonly { readonly delta: Delta }[];
    return choice === undefined ? [] : [choice.delta];
  });
}

/** The arguments of one call, joined. */
export function argumentsOf(chunks: readonly Json[], index: number): string {
  return deltasOf(chunks)
    .flatMap((delta) => delta.tool_calls ?? [])
    .filter((call) => call.index === index)
    .map((call) => call.function.arguments)
    .join("");
}
