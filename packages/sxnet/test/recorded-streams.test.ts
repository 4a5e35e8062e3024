import { describe, expect, it } from "vitest";
import { ProviderError } from "../src/errors.js";
import type { TurnResult } from "../src/types.js";
import { createResponsesMapper } from "../src/wire-responses-stream.js";
import { type Answer, answering, codexAt, collect, HELLO } from "./answering.js";
import {
  bytesOf,
  callsOf,
  everyByte,
  expectEachOnce,
  otherFramings,
  type Outcome,
  randomCuts,
  readBytes,
  readRecordings,
  type Recording as AnyRecording,
  rowsOf,
} from "./recordings.js";

interface Expected {
  readonly text: string;
  readonly thinking: string;
  readonly tool_calls: readonly { readonly id: string; readonly name: string; readonly arguments: unknown }[];
  readonly stop_reason: string;
  readonly incomplete_reason?: string;
  readonly usage: Readonly<Record<string, number>> | null;
  readonly encrypted_reasoning_items?: number;
  readonly error?: { readonly raw: { readonly code?: string; readonly message?: string } };
  readonly http_error?: { readonly status: number; readonly code?: string | null; readonly message: string };
}

type Recording = AnyRecording<Expected>;

const found = readRecordings<Expected>("openai-responses");
const recordings = found ?? [];
const streams = rowsOf(recordings.filter(({ kind }) => kind === "sse"));
const strict = streams.filter(([, { tier }]) => tier === "strict");

function read(bytes: Uint8Array, cuts?: Iterable<number>): Outcome {
  return readBytes({ map: createResponsesMapper({ provider: "codex", model: "gpt-5.5" }) }, bytes, cuts);
}

function expectAnswer(result: TurnResult | undefined, { expected }: Recording): void {
  const blocks = result?.message.content ?? [];
  const text = blocks.map((block) => (block.type === "text" ? block.text : "")).join("");
  const thinking = blocks.map((block) => (block.type === "thinking" ? block.text : "")).join("");
  const calls = blocks.flatMap((block) => (block.type === "tool_use" ? [block] : []));
  expect(text).toBe(expected.text);
  // Parts of a summary are paragraphs to us, and joined without separator in the recordings.
  expect(thinking.replaceAll("\n\n", "")).toBe(expected.thinking.replaceAll("\n\n", ""));
  expect(calls.map(({ id, name, input }) => ({ id, name, input }))).toEqual(
    expected.tool_calls.map(({ id, name, arguments: input }) => ({
      id,
      name,
      input: typeof input === "string" ? { input } : input,
    })),
  );
  expect(calls.every(({ inputError }) => inputError === undefined)).toBe(true);
  const sealed = blocks.filter(({ type, opaque }) => type === "thinking" && opaque !== undefined);
  expect(sealed).toHaveLength(expected.encrypted_reasoning_items ?? 0);
  expect(result?.rawStopReason).toBe(expected.stop_reason);
  expect(result?.stopReason).toBe(ourStopReason(expected, calls.length));
  const raw = (result?.rawUsage ?? {}) as {
    readonly input_tokens?: number;
    readonly output_tokens?: number;
    readonly input_tokens_details?: { readonly cached_tokens?: number };
    readonly output_tokens_details?: { readonly reasoning_tokens?: number };
  };
  const { usage } = expected;
  expect(raw.input_tokens).toBe(usage?.["input_tokens"]);
  expect(raw.output_tokens).toBe(usage?.["output_tokens"]);
  expect(result?.usage.outputTokens).toBe(usage?.["output_tokens"]);
  const { inputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0 } = result?.usage ?? {};
  expect(inputTokens + cacheReadTokens + cacheWriteTokens).toBe(usage?.["input_tokens"]);
  expect(cacheReadTokens).toBe(usage?.["cache_read_input_tokens"] ?? 0);
  expect(result?.usage.reasoningTokens).toBe(usage?.["reasoning_tokens"] ?? 0);
}

function ourStopReason({ stop_reason, incomplete_reason }: Expected, calls: number): string {
  if (stop_reason === "incomplete") return incomplete_reason === "content_filter" ? "refusal" : "max_tokens";
  return calls > 0 ? "tool_use" : "end_turn";
}

if (found !== undefined) {
  describe.each(strict)("%s", (_file, recording) => {
    const bytes = bytesOf(recording);
    const { status, headers } = recording;
    const type = { "content-type": "text/event-stream", ...headers };

    async function fetchFrom(answer: Answer): Promise<TurnResult> {
      const provider = await codexAt(await answering(answer));
      return provider.stream(HELLO).result();
    }

    /** Each piece is a network packet of its own, as far as the system allows. */
    async function fetchInPieces(pieces: readonly Uint8Array[]): Promise<TurnResult> {
      return fetchFrom(async (response) => {
        response.writeHead(status, type);
        response.socket?.setNoDelay(true);
        for (const piece of pieces) await new Promise((resolve) => response.write(piece, resolve));
        response.end();
      });
    }

    it("is read whole", async () => {
      expectAnswer(await fetchFrom({ status, headers: type, body: bytes }), recording);
    });

    it("is read in random pieces", async () => {
      const cuts = randomCuts(bytes, recording.id, Math.max(64, bytes.length / 40));
      const pieces = [0, ...cuts].map((from, index) => bytes.subarray(from, cuts[index]));
      expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
      expectAnswer(await fetchInPieces(pieces), recording);
    });

    it("is read byte by byte, and in many random ways, to the same events", () => {
      const whole = read(bytes);
      expectAnswer(whole.result, recording);
      expect(read(bytes, everyByte(bytes)).events).toEqual(whole.events);
      for (let seed = 1; seed <= (bytes.length > 50_000 ? 4 : 20); seed += 1) {
        expect(read(bytes, randomCuts(bytes, seed, 300)).events, `seed ${seed}`).toEqual(whole.events);
      }
    });

    it("means the same with other framing", async () => {
      for (const body of otherFramings(bytes)) {
        expectAnswer(await fetchFrom({ status, headers: type, body }), recording);
      }
    });
  });

  describe.each(streams)("%s, cut", (_file, recording) => {
    const bytes = bytesOf(recording);

    it("is never a clean end, and never an unfinished call", () => {
      const whole = read(bytes);
      const calls = new Set(callsOf(whole.events));
      const offsets = bytes.length < 12_000 ? everyByte(bytes) : randomCuts(bytes, recording.id, bytes.length / 150);
      for (const offset of offsets) {
        const { events, result } = read(bytes.subarray(0, offset));
        // Complete as soon as its last data is: what follows may be a line end, a name, [DONE].
        if (result !== undefined) {
          expect(result, `cut at ${offset}`).toEqual(whole.result);
          expect(bytes.subarray(offset).toString()).not.toMatch(/data: *\{/);
        }
        for (const call of callsOf(events)) expect(calls.has(call), `cut at ${offset}: ${call}`).toBe(true);
      }
    });
  });

  it.each(strict.slice(0, 6))("%s breaks off over a socket: no clean end", async (_file, recording) => {
    const bytes = bytesOf(recording);
    for (const share of [0.2, 0.5, 0.9]) {
      const body = bytes.subarray(0, Math.floor(bytes.length * share));
      for (const cut of [true, false]) {
        const server = await answering({ body, cut });
        const provider = await codexAt(server, { retry: { maxRetries: 0 } });
        const { events, error } = await collect(provider.stream(HELLO));
        expect(ProviderError.is(error) && error.code).toBe(cut ? "network" : "stream_incomplete");
        expect(events.some(({ type }) => type === "done")).toBe(false);
      }
    }
  });

  const quirks = streams.filter(([, { tier }]) => tier === "quirk");
  it.each(quirks)("%s is an error with the service's words", async (_file, recording) => {
    const server = await answering({ headers: recording.headers, body: bytesOf(recording) });
    const { error } = await collect((await codexAt(server, { retry: { maxRetries: 0 } })).stream(HELLO));
    const raw = recording.expected.error?.raw;
    expect(ProviderError.is(error) && error.message).toContain(raw?.message?.replace(/\.$/, ""));
  });

  const refused = rowsOf(recordings.filter(({ tier }) => tier === "http-error"));
  it.each(refused)("%s is an error with its status and words", async (_file, recording) => {
    const { status, headers, expected } = recording;
    const server = await answering({ status, headers, body: bytesOf(recording) });
    const { error } = await collect((await codexAt(server)).stream(HELLO));
    if (!ProviderError.is(error)) throw error;
    expect(error.status).toBe(expected.http_error?.status);
    expect(error.message.length).toBeLessThan(700);
    const words = (expected.http_error?.message ?? "").replace(/^\d+ /, "").replace(/\.$/, "");
    expect(error.message).toContain(words.slice(0, 400));
    expect(server.requests).toHaveLength(1);
  });

  const documents = rowsOf(recordings.filter(({ tier }) => tier === "non-stream"));
  it.each(documents)("%s, a document where a stream was due, is a clear error", async (_file, recording) => {
    const server = await answering({ headers: recording.headers, body: bytesOf(recording) });
    const { error } = await collect((await codexAt(server)).stream(HELLO));
    expect(error).toMatchObject({
      code: "protocol",
      message: "codex answered 200 with a document instead of a stream; check the address",
    });
    expect(server.requests).toHaveLength(1);
  });

  it("tests every recording once", () => {
    expectEachOnce(recordings, strict, quirks, refused, documents);
  });
}
