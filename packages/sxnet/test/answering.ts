import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { Provider } from "../src/provider.js";
import { createProvider } from "../src/registry.js";
import type { ProviderOptions } from "../src/run-provider.js";
import type { ChatRequest, StreamEvent } from "../src/types.js";
import { serve } from "./loopback.js";

/** One request as the server got it. */
export interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Closes the connection after the body, before the end that HTTP promises. */
  readonly cut?: boolean;
}

/** What one request gets; a function writes the answer itself. */
export type Answer = Reply | ((response: ServerResponse, request: Received) => unknown);

export interface AnsweringServer {
  /** For `CODEX_BASE_URL`. */
  readonly baseUrl: string;
  readonly requests: readonly Received[];
  readonly connections: readonly Socket[];
}

/** A server that gives one answer to each request, in order; the last one to all that follow. */
export async function answering(...answers: readonly Answer[]): Promise<AnsweringServer> {
  const requests: Received[] = [];
  const { origin, connections } = await serve(async (incoming, response) => {
    const received = { url: incoming.url ?? "", headers: incoming.headers, body: await readBody(incoming) };
    requests.push(received);
    const answer = answers[Math.min(requests.length, answers.length) - 1];
    if (typeof answer === "function") await answer(response, received);
    else reply(response, answer ?? {});
  });
  return { baseUrl: `${origin}/backend-api/codex`, requests, connections };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

function reply(response: ServerResponse, { status = 200, headers = {}, body = "", cut = false }: Reply): void {
  response.writeHead(status, { "content-type": "text/event-stream", ...headers });
  if (!cut) {
    response.end(body);
    return;
  }
  response.write(body, () => response.destroy());
}

/** Waits of nearly nothing, so that retries cost a test no time. */
export const QUICK = { baseDelayMs: 1, maxDelayMs: 1 } as const;

/** The codex provider against that server; it is closed with the test. */
export async function codexAt(server: { readonly baseUrl: string }, options: ProviderOptions = {}): Promise<Provider> {
  const provider = await createProvider("codex", {
    getCredential: () => Promise.resolve({ accessToken: "access-made-up", accountId: "account-made-up" }),
    retry: QUICK,
    ...options,
    settings: { CODEX_BASE_URL: server.baseUrl, ...options.settings },
  });
  onTestFinished(() => provider.close());
  return provider;
}

export const HELLO: ChatRequest = {
  model: "gpt-5.5",
  system: "Be brief.",
  messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }],
};

/** All events, and the error that ended them, if one did. */
export async function collect(
  source: AsyncIterable<StreamEvent>,
): Promise<{ readonly events: StreamEvent[]; readonly error: unknown }> {
  const events: StreamEvent[] = [];
  try {
    for await (const event of source) events.push(event);
  } catch (error) {
    return { events, error };
  }
  return { events, error: undefined };
}

/** One frame of a stream. */
export function sse(event: Readonly<Record<string, unknown>>): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}

/** A whole, short answer of this text. */
export function textAnswer(text: string): string {
  return itemsAnswer([{ type: "message", role: "assistant", content: [{ type: "output_text", text }] }]);
}

/** A whole answer of these items. */
export function itemsAnswer(items: readonly Readonly<Record<string, unknown>>[], rest: object = {}): string {
  const frames = items.map((item, index) => sse({ type: "response.output_item.done", output_index: index, item }));
  const usage = { input_tokens: 10, output_tokens: 5 };
  return frames.join("") + sse({ type: "response.completed", response: { status: "completed", usage, ...rest } });
}

/** A finished function call. */
export function callItem(callId: string, name: string, input: unknown): Readonly<Record<string, unknown>> {
  const args = typeof input === "string" ? input : JSON.stringify(input);
  return { type: "function_call", status: "completed", call_id: callId, name, arguments: args };
}
