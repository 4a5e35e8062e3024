import { createHash } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { ProviderError } from "../src/errors.js";
import type { Provider } from "../src/provider.js";
import { createProvider } from "../src/registry.js";
import type { ProviderOptions } from "../src/run-provider.js";
import type { ChatRequest, TurnResult } from "../src/types.js";
import { fieldsOf, textOf } from "../src/unknown-value.js";
import { buildMessagesTurns, type MessagesOpaque } from "../src/wire-messages-blocks.js";
import { createMessagesMapper } from "../src/wire-messages-stream.js";
import { type Answer, answering, collect, QUICK } from "./answering.js";
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
  readonly stop_reason: string | null;
  readonly usage: Readonly<Record<string, number | null>> | null;
  readonly block_types?: readonly string[];
  readonly signature_sha256_16?: readonly string[];
  readonly error?: { readonly raw: { readonly type: string; readonly message: string } };
  readonly http_error?: { readonly status: number; readonly type: string; readonly message: string };
}

type Recording = AnyRecording<Expected>;

const MODEL = "claude-sonnet-5-5";
const HELLO: ChatRequest = { model: MODEL, messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }] };

const found = readRecordings<Expected>("anthropic-messages");
const recordings = found ?? [];
const streams = rowsOf(recordings.filter(({ kind }) => kind === "sse"));
const strict = streams.filter(([, { tier }]) => tier === "strict");
const quirks = streams.filter(([, { tier }]) => tier === "quirk");

function read(bytes: Uint8Array, cuts?: Iterable<number>): Outcome {
  return readBytes({ map: createMessagesMapper({ provider: "anthropic", model: MODEL }) }, bytes, cuts);
}

async function providerFor(answer: Answer, options: ProviderOptions = {}) {
  const server = await answering(answer);
  const provider: Provider = await createProvider("anthropic", {
    retry: QUICK,
    ...options,
    settings: { ANTHROPIC_API_URL: new URL(server.baseUrl).origin, ANTHROPIC_API_KEY: "made-up" },
  });
  onTestFinished(() => provider.close());
  return { server, provider };
}

async function resultFrom(answer: Answer): Promise<TurnResult> {
  return (await providerFor(answer)).provider.stream(HELLO).result();
}

/** What would be sent back: the blocks as the service made them. */
function sentBack(result: TurnResult): readonly Readonly<Record<string, unknown>>[] {
  const turns = buildMessagesTurns([result.message], { provider: "anthropic", model: MODEL });
  return turns.flatMap(({ role, blocks }) =>
    role === "assistant" ? blocks.map((json) => fieldsOf(JSON.parse(json))) : [],
  );
}

function expectAnswer(result: TurnResult | undefined, { expected }: Recording): void {
  if (result === undefined) throw new Error("it did not end");
  const blocks = result.message.content;
  expect(blocks.map((block) => (block.type === "text" ? block.text : "")).join("")).toBe(expected.text);
  expect(blocks.map((block) => (block.type === "thinking" ? block.text : "")).join("")).toBe(expected.thinking);
  const calls = blocks.flatMap((block) => (block.type === "tool_use" ? [block] : []));
  expect(calls.map(({ id, name, input }) => ({ id, name, input }))).toEqual(
    expected.tool_calls.map(({ id, name, arguments: input }) => ({ id, name, input })),
  );
  expect(calls.every(({ inputError }) => inputError === undefined)).toBe(true);
  expect(result.rawStopReason).toBe(expected.stop_reason);
  expect(result.stopReason).toBe(expected.stop_reason);
  const raw = fieldsOf(result.rawUsage);
  for (const [name, count] of Object.entries(expected.usage ?? {})) expect(raw[name] ?? null, name).toBe(count);
  expect(result.usage).toMatchObject({
    inputTokens: expected.usage?.["input_tokens"] ?? 0,
    outputTokens: expected.usage?.["output_tokens"] ?? 0,
    cacheReadTokens: expected.usage?.["cache_read_input_tokens"] ?? 0,
    cacheWriteTokens: expected.usage?.["cache_creation_input_tokens"] ?? 0,
  });
  const signatures = blocks.flatMap(
    ({ opaque }) => textOf(fieldsOf(opaque?.data as MessagesOpaque)["signature"]) ?? [],
  );
  expect(signatures.map((text) => createHash("sha256").update(text).digest("hex").slice(0, 16))).toEqual(
    expected.signature_sha256_16 ?? [],
  );
  // Every block of the answer can be sent back as what it was; only text that says nothing is left out.
  const types = sentBack(result).map(({ type }) => type);
  const said = blocks.map(({ type }) => type);
  expect(said).toHaveLength(expected.block_types?.length ?? said.length);
  const blank = blocks.map((block) => block.type === "text" && block.text.trim() === "" && block.opaque === undefined);
  const isAnswered = types.some((type) => type !== "thinking");
  if (isAnswered) expect(types).toEqual(expected.block_types?.filter((_, at) => blank[at] === false) ?? types);
}

if (found !== undefined) {
  describe.each(strict)("%s", (_file, recording) => {
    const bytes = bytesOf(recording);
    const { status, headers } = recording;
    const type = { "content-type": "text/event-stream", ...headers };

    it("is read whole", async () => {
      expectAnswer(await resultFrom({ status, headers: type, body: bytes }), recording);
    });

    it("is read in random pieces", async () => {
      const cuts = randomCuts(bytes, recording.id, Math.max(64, bytes.length / 40));
      const result = await resultFrom(async (response) => {
        response.writeHead(status, type);
        response.socket?.setNoDelay(true);
        for (const [index, from] of [0, ...cuts].entries()) {
          await new Promise((resolve) => response.write(bytes.subarray(from, cuts[index]), resolve));
        }
        response.end();
      });
      expectAnswer(result, recording);
    });

    it("is read byte by byte, and in many random ways, to the same events", () => {
      const whole = read(bytes);
      expectAnswer(whole.result, recording);
      expect(read(bytes, everyByte(bytes)).events).toEqual(whole.events);
      for (let seed = 1; seed <= (bytes.length > 50_000 ? 4 : 20); seed += 1) {
        expect(read(bytes, randomCuts(bytes, seed, 300)).events, `seed ${seed}`).toEqual(whole.events);
      }
    });

    it("means the same with other framing, and without names of events", async () => {
      const nameless = bytes.toString().replaceAll(/^event:.*\r?\n/gm, "");
      for (const body of [...otherFramings(bytes), nameless]) {
        expectAnswer(await resultFrom({ status, headers: type, body }), recording);
      }
    });
  });

  describe.each(streams)("%s, cut", (_file, recording) => {
    const bytes = bytesOf(recording);

    it("is never a clean end, and never an unfinished call", () => {
      const whole = read(bytes);
      const calls = new Set(callsOf(whole.events));
      const offsets = bytes.length < 12_000 ? everyByte(bytes) : randomCuts(bytes, recording.id, bytes.length / 100);
      for (const offset of offsets) {
        const { events, result } = read(bytes.subarray(0, offset));
        // Complete as soon as its last data is: what follows may be a line end.
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
        const { provider } = await providerFor({ body, cut }, { retry: { maxRetries: 0 } });
        const { events, error } = await collect(provider.stream(HELLO));
        expect(ProviderError.is(error) && error.code).toBe(cut ? "network" : "stream_incomplete");
        expect(events.some(({ type }) => type === "done")).toBe(false);
      }
    }
  });

  it.each(quirks)("%s, which is odd, is read as far as it goes", async (_file, recording) => {
    const { headers, expected } = recording;
    const { provider } = await providerFor({ headers, body: bytesOf(recording) }, { retry: { maxRetries: 0 } });
    const { events, error } = await collect(provider.stream(HELLO));
    const shown = events.map((event) => (event.type === "text_delta" ? event.text : "")).join("");
    expect(shown).toBe(expected.text);
    if (expected.error === undefined) {
      expectAnswer(await resultFrom({ headers, body: bytesOf(recording) }), recording);
      return;
    }
    expect(events.some(({ type }) => type === "done")).toBe(false);
    expect(error).toMatchObject({ code: "server_error", message: expect.stringContaining(expected.error.raw.message) });
  });

  const refused = rowsOf(recordings.filter(({ tier }) => tier === "http-error"));
  it.each(refused)("%s is an error with its status and words, asked for once", async (_file, recording) => {
    const { status, headers, expected } = recording;
    const body = bytesOf(recording);
    const { server, provider } = await providerFor({ status, headers, body });
    const { error } = await collect(provider.stream(HELLO));
    const { message } = fieldsOf(fieldsOf(JSON.parse(body.toString()))["error"]);
    expect(error).toMatchObject({
      code: expected.http_error?.type === "not_found_error" ? "model_unavailable" : "invalid_request",
      status: expected.http_error?.status,
      retryable: false,
      message: `anthropic answered ${status}: ${textOf(message)}`,
    });
    expect(server.requests).toHaveLength(1);
  });

  const documents = rowsOf(recordings.filter(({ tier }) => tier === "non-stream"));
  it.each(documents)("%s, a document where a stream was due, is a clear error", async (_file, recording) => {
    const headers = { ...recording.headers, "content-type": "application/json" };
    const { server, provider } = await providerFor({ headers, body: bytesOf(recording) });
    const { error } = await collect(provider.stream(HELLO));
    expect(error).toMatchObject({
      code: "protocol",
      message: "anthropic answered 200 with a document instead of a stream; check the address",
    });
    expect(server.requests).toHaveLength(1);
  });

  it("tests every recording once", () => {
    expectEachOnce(recordings, strict, quirks, refused, documents);
  });
}
