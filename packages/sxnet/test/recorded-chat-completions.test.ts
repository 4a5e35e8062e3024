import { describe, expect, it, onTestFinished } from "vitest";
import { ProviderError } from "../src/errors.js";
import { createProvider } from "../src/registry.js";
import type { Provider } from "../src/provider.js";
import type { ProviderOptions } from "../src/run-provider.js";
import type { AssistantMessage, TurnResult } from "../src/types.js";
import { createChatMapper } from "../src/wire-chat-completions-stream.js";
import { type Answer, answering, collect, HELLO, QUICK } from "./answering.js";
import {
  bytesOf,
  callsOf,
  everyByte,
  expectEachOnce,
  otherFramings,
  randomCuts,
  readBytes,
  readRecordings,
  type Recording,
  rowsOf,
} from "./recordings.js";

/** What the recordings expect of an answer in this wire format. */
interface Expected {
  readonly text: string;
  readonly thinking: string;
  readonly refusal?: string;
  readonly tool_calls: readonly { readonly id: string; readonly name: string; readonly arguments: unknown }[];
  readonly stop_reason: string | null;
  readonly usage: Readonly<Record<string, number | null>> | null;
  readonly error?: { readonly raw: { readonly message?: string } };
  readonly http_error?: { readonly status: number; readonly type: string; readonly message: string };
}

type ChatRecording = Recording<Expected>;

const read = (bytes: Uint8Array, cuts?: Iterable<number>) =>
  readBytes(createChatMapper({ provider: "openai", model: HELLO.model }), bytes, cuts);

async function providerAt(server: { readonly baseUrl: string }, options: ProviderOptions = {}): Promise<Provider> {
  const settings = { OPENAI_BASE_URL: `${new URL(server.baseUrl).origin}/v1` };
  const provider = await createProvider("openai", { settings, retry: QUICK, ...options });
  onTestFinished(() => provider.close());
  return provider;
}

function expectMessage(message: AssistantMessage | undefined, { expected }: ChatRecording): void {
  const blocks = message?.content ?? [];
  const text = blocks.map((block) => (block.type === "text" ? block.text : "")).join("");
  const thinking = blocks.map((block) => (block.type === "thinking" ? block.text : "")).join("");
  const calls = blocks.flatMap((block) => (block.type === "tool_use" ? [block] : []));
  expect(text).toBe(expected.text + (expected.refusal ?? ""));
  expect(thinking).toBe(expected.thinking);
  expect(calls.map(({ id, name, input }) => ({ id, name, input }))).toEqual(
    expected.tool_calls.map(({ id, name, arguments: input }) => ({ id, name, input })),
  );
  expect(calls.every(({ inputError }) => inputError === undefined)).toBe(true);
}

function expectAnswer(result: TurnResult | undefined, recording: ChatRecording): void {
  const { expected } = recording;
  expectMessage(result?.message, recording);
  expect(result?.rawStopReason).toBe(expected.stop_reason ?? "");
  expect(result?.stopReason).toBe(ourStopReason(expected));
  const { usage } = expected;
  const raw = result?.rawUsage as {
    readonly prompt_tokens?: number;
    readonly completion_tokens?: number;
    readonly prompt_tokens_details?: { readonly cached_tokens?: number } | null;
    readonly completion_tokens_details?: { readonly reasoning_tokens?: number } | null;
  } | null;
  expect(raw?.prompt_tokens).toBe(usage?.["input_tokens"] ?? undefined);
  expect(raw?.completion_tokens).toBe(usage?.["output_tokens"] ?? undefined);
  const { inputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0, ...output } = result?.usage ?? {};
  expect(inputTokens + cacheReadTokens + cacheWriteTokens).toBe(usage?.["input_tokens"] ?? 0);
  expect(cacheReadTokens).toBe(usage?.["cache_read_input_tokens"] ?? 0);
  expect(output).toEqual({
    outputTokens: usage?.["output_tokens"] ?? 0,
    reasoningTokens: usage?.["reasoning_tokens"] ?? 0,
  });
}

function ourStopReason({ stop_reason, tool_calls, refusal }: Expected): string {
  if (stop_reason === "length") return "max_tokens";
  if (tool_calls.length > 0) return "tool_use";
  return refusal === undefined ? "end_turn" : "refusal";
}

const recordings = readRecordings<Expected>("openai-chat");
if (recordings !== undefined) {
  const streams = recordings.filter(({ kind }) => kind === "sse");
  const whole = streams.filter(({ tier, expected }) => tier === "strict" && expected.error === undefined);
  const broken = streams.filter(({ expected }) => expected.error !== undefined);

  // What readers differ about in the two `quirk` entries is settled for this one: counts and lists of parts are read.
  const odd = streams.filter(({ tier, expected }) => tier === "quirk" && expected.error === undefined);

  describe.each(rowsOf([...whole, ...odd]))("%s", (_file, recording) => {
    const bytes = bytesOf(recording);
    const { status, headers } = recording;
    const type = { "content-type": "text/event-stream", ...headers };

    async function fetchFrom(answer: Answer): Promise<TurnResult> {
      return (await providerAt(await answering(answer))).stream(HELLO).result();
    }

    it("is read whole", async () => {
      expectAnswer(await fetchFrom({ status, headers: type, body: bytes }), recording);
    });

    it("is read in random pieces", async () => {
      const cuts = randomCuts(bytes, recording.id, Math.max(64, bytes.length / 40));
      const pieces = [0, ...cuts].map((from, index) => bytes.subarray(from, cuts[index]));
      const answer: Answer = async (response) => {
        response.writeHead(status, type);
        response.socket?.setNoDelay(true);
        for (const piece of pieces) await new Promise((resolve) => response.write(piece, resolve));
        response.end();
      };
      expectAnswer(await fetchFrom(answer), recording);
    });

    it("is read byte by byte, and in many random ways, to the same events", () => {
      const once = read(bytes);
      expectAnswer(once.result, recording);
      expect(read(bytes, everyByte(bytes)).events).toEqual(once.events);
      for (let seed = 1; seed <= (bytes.length > 50_000 ? 4 : 20); seed += 1) {
        expect(read(bytes, randomCuts(bytes, seed, 300)).events, `seed ${seed}`).toEqual(once.events);
      }
    });

    it("means the same with other framing", async () => {
      for (const body of otherFramings(bytes)) {
        expectAnswer(await fetchFrom({ status, headers: type, body }), recording);
      }
    });
  });

  describe.each(rowsOf(streams))("%s, cut", (_file, recording) => {
    const bytes = bytesOf(recording);

    it("is never a clean end, and never an unfinished call", () => {
      const once = read(bytes);
      const calls = new Set(callsOf(once.events));
      const offsets = bytes.length < 12_000 ? everyByte(bytes) : randomCuts(bytes, recording.id, bytes.length / 150);
      for (const offset of offsets) {
        const { events, result } = read(bytes.subarray(0, offset));
        for (const call of callsOf(events)) expect(calls.has(call), `cut at ${offset}: ${call}`).toBe(true);
        if (result === undefined) continue;
        // The service had said why it ended; only counts and errors can be missing.
        expect(bytes.subarray(0, offset).toString()).toMatch(/"finish_reason": ?"|\[DONE/);
        if (recording.expected.error !== undefined) expect(result.stopReason).toBe("max_tokens");
        else {
          expect(result.message, `cut at ${offset}`).toEqual(once.result?.message);
          expect(result.stopReason).toBe(once.result?.stopReason);
        }
      }
    });
  });

  it.each(rowsOf(whole.slice(0, 6)))("%s breaks off over a socket: no clean end", async (_file, recording) => {
    const bytes = bytesOf(recording);
    for (const share of [0.2, 0.5, 0.8]) {
      const body = bytes.subarray(0, Math.floor(bytes.length * share));
      for (const cut of [true, false]) {
        const provider = await providerAt(await answering({ body, cut }), { retry: { maxRetries: 0 } });
        const { events, error } = await collect(provider.stream(HELLO));
        expect(ProviderError.is(error) && error.code).toBe(cut ? "network" : "stream_incomplete");
        expect(events.some(({ type }) => type === "done")).toBe(false);
      }
    }
  });

  it.each(rowsOf(broken))("%s is an error with the service's words, after what had come", async (_file, recording) => {
    const server = await answering({ headers: recording.headers, body: bytesOf(recording) });
    const { events, error } = await collect((await providerAt(server, { retry: { maxRetries: 0 } })).stream(HELLO));
    expect(events.some(({ type }) => type === "done")).toBe(false);
    if (!ProviderError.is(error)) throw error;
    expect(error.message).toContain(recording.expected.error?.raw.message?.replace(/\.$/, ""));
    expectMessage(error.partial, recording);
  });

  const refused = recordings.filter(({ tier }) => tier === "http-error");
  it.each(rowsOf(refused))("%s is an error with its status and words", async (_file, recording) => {
    const { status, headers, expected } = recording;
    const server = await answering({ status, headers, body: bytesOf(recording) });
    const { error } = await collect((await providerAt(server)).stream(HELLO));
    if (!ProviderError.is(error)) throw error;
    expect(error).toMatchObject({ status: expected.http_error?.status, retryable: false });
    expect(error.code).toBe({ 400: "invalid_request", 401: "auth_rejected", 404: "model_unavailable" }[status]);
    expect(error.message.length).toBeLessThan(700);
    const words = (expected.http_error?.message ?? "").replace(/^\d+ /, "").replace(/\.$/, "");
    expect(error.message).toContain(words.slice(0, 400));
    // A model that is not there is answered with those that are: one more request.
    expect(server.requests.filter(({ url }) => url.endsWith("/chat/completions"))).toHaveLength(1);
  });

  const documents = recordings.filter(({ tier }) => tier === "non-stream");
  it.each(rowsOf(documents))("%s, a document where a stream was due, is a clear error", async (_file, recording) => {
    const server = await answering({ headers: recording.headers, body: bytesOf(recording) });
    const { error } = await collect((await providerAt(server)).stream(HELLO));
    expect(error).toMatchObject({
      code: "protocol",
      message: "openai answered 200 with a document instead of a stream; check the address",
    });
    expect(server.requests).toHaveLength(1);
  });

  it("tests every recording once", () => {
    expectEachOnce(recordings, ...[whole, odd, broken, refused, documents].map(rowsOf));
  });
}
