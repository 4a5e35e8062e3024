import { createHash } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { ProviderError } from "../src/errors.js";
import { createGeminiPrefixCache } from "../src/prefix-cache-gemini.js";
import type { Provider } from "../src/provider.js";
import { gemini } from "../src/provider-gemini.js";
import { createProvider } from "../src/registry.js";
import type { ProviderOptions } from "../src/run-provider.js";
import type { ChatRequest, TurnResult } from "../src/types.js";
import type { GenerateOpaque } from "../src/wire-generate-content.js";
import { type Answer, answering, collect, QUICK } from "./answering.js";
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
  readonly tool_calls: readonly { readonly id?: string; readonly name: string; readonly arguments: unknown }[];
  readonly stop_reason: string | null;
  readonly block_reason?: string;
  readonly usage: Readonly<Record<string, number | null>> | null;
  readonly signature_sha256_16?: readonly string[];
  readonly error?: { readonly raw: { readonly message: string } };
  readonly http_error?: { readonly status: number; readonly message: string };
}

type GenerateRecording = Recording<Expected>;

const HELLO: ChatRequest = {
  model: "gemini-3.8-flash",
  messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }],
};

const read = (bytes: Uint8Array, cuts?: Iterable<number>) => readBytes(gemini.createMapper(HELLO, {}), bytes, cuts);

async function providerAt(server: { readonly baseUrl: string }, options: ProviderOptions = {}): Promise<Provider> {
  const settings = { GEMINI_API_KEY: "key-made-up", GEMINI_BASE_URL: new URL(server.baseUrl).origin };
  const provider = await createProvider("gemini", { settings, retry: QUICK, ...options });
  onTestFinished(() => provider.close());
  return provider;
}

function expectAnswer(result: TurnResult | undefined, { expected }: GenerateRecording): void {
  const blocks = result?.message.content ?? [];
  const joined = (type: "text" | "thinking"): string =>
    blocks.map((block) => (block.type === type ? block.text : "")).join("");
  expect(joined("text")).toBe(expected.text);
  expect(joined("thinking")).toBe(expected.thinking);
  const calls = blocks.flatMap((block) => (block.type === "tool_use" ? [block] : []));
  expect(calls.map(({ name, input }) => ({ name, input }))).toEqual(
    expected.tool_calls.map(({ name, arguments: input }) => ({ name, input })),
  );
  expect(calls.every(({ inputError }) => inputError === undefined)).toBe(true);
  expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
  for (const [index, { id }] of expected.tool_calls.entries()) {
    if (id === undefined) expect(calls[index]?.id).toMatch(/^call_/);
    else expect(calls[index]?.id).toBe(id);
  }
  expect(signaturesOf(result)).toEqual(expected.signature_sha256_16 ?? []);
  expect(result?.rawStopReason).toBe(expected.stop_reason);
  expect(result?.stopReason).toBe(ourStopReason(expected));
  const { usage } = expected;
  const count = (name: string): number => usage?.[name] ?? 0;
  const raw = result?.rawUsage as Readonly<Record<string, number>> | null;
  expect(raw?.["promptTokenCount"] ?? 0).toBe(count("input_tokens"));
  expect(raw?.["totalTokenCount"] ?? 0).toBe(count("total_tokens"));
  expect(result?.usage).toEqual({
    inputTokens: count("input_tokens") - count("cache_read_input_tokens") + count("tool_use_prompt_tokens"),
    cacheReadTokens: count("cache_read_input_tokens"),
    cacheWriteTokens: 0,
    outputTokens: count("output_tokens") + count("thoughts_tokens"),
    reasoningTokens: count("thoughts_tokens"),
  });
}

function ourStopReason({ stop_reason, tool_calls }: Expected): string {
  if (stop_reason === "MAX_TOKENS") return "max_tokens";
  if (stop_reason !== "STOP") return "refusal";
  return tool_calls.length > 0 ? "tool_use" : "end_turn";
}

/** As the recordings list them: of each part that bears one, in order. */
function signaturesOf(result: TurnResult | undefined): readonly string[] {
  const signatures = (result?.message.content ?? []).flatMap(({ opaque }) => {
    const { parts = [], thoughtSignature } = (opaque?.data ?? {}) as GenerateOpaque;
    const inside = parts.map((part) => ("part" in part ? part.part["thoughtSignature"] : part.thoughtSignature));
    return [...inside, thoughtSignature].filter((signature) => typeof signature === "string");
  });
  return signatures.map((signature) => createHash("sha256").update(signature).digest("hex").slice(0, 16));
}

const recordings = readRecordings<Expected>("gemini-generate");
const flows = readRecordings<Record<string, unknown>>("gemini-cache");
if (recordings !== undefined && flows !== undefined) {
  const streams = recordings.filter(({ kind }) => kind === "sse");
  const ended = streams.filter(({ expected }) => expected.stop_reason !== null && expected.error === undefined);
  const cutOff = streams.filter(({ expected }) => expected.stop_reason === null && expected.block_reason === undefined);

  it("are what was looked through", () => {
    expect([recordings.length, streams.length, ended.length, cutOff.length, flows.length]).toEqual([38, 27, 22, 3, 3]);
  });

  describe.each(rowsOf(ended))("%s", (_file, recording) => {
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

    it("is sent back as it came", async () => {
      const { message } = await fetchFrom({ status, headers: type, body: bytes });
      const request: ChatRequest = { ...HELLO, messages: [...HELLO.messages, message, ...HELLO.messages] };
      const { body = "" } = gemini.buildRequest(request, {
        settings: { GEMINI_API_KEY: "key-made-up" },
        credential: undefined,
        userAgent: "u",
      });
      const { contents } = JSON.parse(body) as { readonly contents: readonly { readonly parts: readonly object[] }[] };
      // A call that the service made and answered itself has no signature, and gets a stand-in.
      const sent = (contents[1]?.parts ?? []).map((part) => {
        const { thoughtSignature, ...rest } = part as Part;
        return thoughtSignature === "skip_thought_signature_validator" ? rest : part;
      });
      expect(sent).toEqual(joinText(partsOf(bytes), recording.expected));
    });
  });

  describe.each(rowsOf(streams))("%s, cut", (_file, recording) => {
    const bytes = bytesOf(recording);
    // Some services give a reason to end on every chunk: then an answer may end wherever a chunk does.
    const isLoose = (bytes.toString().match(/"finishReason"/g) ?? []).length > 1;

    it("is never a clean end, and never an unfinished call", () => {
      const once = read(bytes);
      const calls = new Set(callsOf(once.events));
      const offsets = bytes.length < 12_000 ? everyByte(bytes) : randomCuts(bytes, recording.id, bytes.length / 150);
      for (const offset of offsets) {
        const { events, result } = read(bytes.subarray(0, offset));
        for (const call of callsOf(events)) expect(calls.has(call), `cut at ${offset}: ${call}`).toBe(true);
        if (result === undefined) continue;
        const kept = bytes.subarray(0, offset).toString();
        if (isLoose) expect(kept, `cut at ${offset}`).toMatch(/\}(\s*|\s*\n[dat: ]{0,5})$/);
        else expect(result, `cut at ${offset}`).toEqual(once.result);
      }
    });
  });

  it.each(rowsOf(ended.slice(0, 6)))("%s breaks off over a socket: no clean end", async (_file, recording) => {
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

  it.each(rowsOf(cutOff))("%s, which gives no reason to end, is no answer", async (_file, recording) => {
    const server = await answering({ headers: recording.headers, body: bytesOf(recording) });
    const { events, error } = await collect((await providerAt(server, { retry: { maxRetries: 0 } })).stream(HELLO));
    expect(error).toMatchObject({ code: "stream_incomplete" });
    const text = events.map((event) => (event.type === "text_delta" ? event.text : "")).join("");
    expect(text).toBe(recording.expected.text);
  });

  const blocked = streams.filter(({ expected }) => expected.block_reason !== undefined);
  it.each(rowsOf(blocked))("%s is a refusal", async (_file, recording) => {
    const server = await answering({ headers: recording.headers, body: bytesOf(recording) });
    const { error } = await collect((await providerAt(server)).stream(HELLO));
    expect(error).toMatchObject({
      code: "content_refused",
      message: expect.stringContaining("refused the prompt: SAFETY"),
    });
    expect(server.requests).toHaveLength(1);
  });

  const broken = streams.filter(({ expected }) => expected.error !== undefined);
  it.each(rowsOf(broken))("%s is an error with the service's words, after what had come", async (_file, recording) => {
    const server = await answering({ headers: recording.headers, body: bytesOf(recording) });
    const { events, error } = await collect((await providerAt(server)).stream(HELLO));
    expect(events.some(({ type }) => type === "done")).toBe(false);
    if (!ProviderError.is(error)) throw error;
    expect(error.message).toContain(recording.expected.error?.raw.message.replace(/\.$/, ""));
    expect(error.partial?.content).toEqual([{ type: "text", text: recording.expected.text }]);
  });

  const codes: Readonly<Record<number, string>> = {
    145: "model_unavailable",
    146: "auth_rejected",
    147: "model_unavailable",
    148: "invalid_request",
    149: "context_too_long",
  };
  const refused = recordings.filter(({ tier }) => tier === "http-error");
  it.each(rowsOf(refused))("%s is an error with its status and words", async (_file, recording) => {
    const { id, status, headers, expected } = recording;
    const server = await answering({ status, headers, body: bytesOf(recording) });
    const { error } = await collect((await providerAt(server)).stream(HELLO));
    if (!ProviderError.is(error)) throw error;
    expect(error).toMatchObject({ status: expected.http_error?.status, retryable: false, code: codes[id] });
    const { message } = (JSON.parse(expected.http_error?.message ?? "") as { error: { message: string } }).error;
    expect(error.message).toContain(message.replace(/\.$/, ""));
    expect(error.message.length).toBeLessThan(700);
    expect(server.requests).toHaveLength(1);
  });

  const documents = recordings.filter(({ kind, tier }) => tier === "non-stream" || kind === "json-array-stream");
  it.each(rowsOf(documents))("%s, a document where a stream was due, is a clear error", async (_file, recording) => {
    const headers = { "content-type": "application/json", ...recording.headers };
    const server = await answering({ headers, body: bytesOf(recording) });
    const { error } = await collect((await providerAt(server)).stream(HELLO));
    expect(error).toMatchObject({
      code: "protocol",
      message: "gemini answered 200 with a document instead of a stream; check the address",
    });
    expect(server.requests).toHaveLength(1);
  });

  it("tests every recording once", () => {
    expectEachOnce(recordings, ...[ended, cutOff, blocked, broken, refused, documents].map(rowsOf));
  });
  it("a stored prefix is made, prolonged and removed as recorded", async () => {
    const [made, prolonged, removed] = flows.map((flow) => ({
      status: flow.status,
      headers: {},
      body: bytesOf(flow).toString(),
    }));
    const sent: string[] = [];
    const clock = { nowMs: 0 };
    const cache = createGeminiPrefixCache({
      settings: { GEMINI_API_KEY: "key-made-up", GEMINI_CACHE: "1" },
      userAgent: "u",
      now: () => clock.nowMs,
      send: ({ method, url }) => {
        sent.push(`${method} ${new URL(url).pathname}`);
        const answer = { POST: made, PATCH: prolonged, DELETE: removed, GET: undefined }[method];
        return answer === undefined ? Promise.reject(new Error("not recorded")) : Promise.resolve(answer);
      },
    });
    const request: ChatRequest = { ...HELLO, model: "gemini-2.5-flash", system: "word ".repeat(2000) };
    const name = "cachedContents/1e9odc8cm11aab2truxzl4pdxjjxtss4k3gvture";
    expect(await cache?.find(request, undefined)).toMatchObject({ name, messages: 0 });
    // It was made for 300 s, of which 298.98 s were left; it was prolonged by 600 s, of which 599.82 s were.
    clock.nowMs = 298_979 - 100_001;
    await cache?.find(request, undefined);
    expect(sent).toHaveLength(1);
    clock.nowMs = 298_979 - 99_000;
    await cache?.find(request, undefined);
    clock.nowMs += 599_816 - 101_000;
    await cache?.find(request, undefined);
    await cache?.close();
    expect(sent).toEqual(["POST /v1beta/cachedContents", `PATCH /v1beta/${name}`, `DELETE /v1beta/${name}`]);
  });
}

/** All parts of a stream, in order. */
function partsOf(bytes: Uint8Array): readonly object[] {
  const lines = Buffer.from(bytes).toString().split(/\r?\n/);
  return lines.flatMap((line) => {
    if (!line.startsWith("data: ")) return [];
    const chunk = JSON.parse(line.slice(6)) as { candidates?: { content?: { parts?: object[] } }[] };
    return chunk.candidates?.[0]?.content?.parts ?? [];
  });
}

interface Part {
  readonly text?: string;
  readonly thought?: boolean;
  readonly thoughtSignature?: string;
  readonly functionCall?: {
    readonly name?: string;
    readonly args?: unknown;
    readonly id?: string;
    readonly willContinue?: boolean;
  };
}

/**
 * As it may be sent back: without unsigned thoughts and empty parts, pieces of unsigned text in one part, and a call that
 * came in pieces as what its pieces make.
 */
function joinText(parts: readonly object[], { tool_calls: calls }: Expected): readonly object[] {
  const out: Part[] = [];
  let made = 0;
  for (const part of parts as readonly Part[]) {
    const { text, thought, thoughtSignature, functionCall } = part;
    const last = out.at(-1);
    if (functionCall !== undefined) {
      const { name, args, id } = functionCall;
      if (name === undefined) continue;
      const call = { name, args: args ?? calls[made]?.arguments ?? {}, ...(id === undefined ? {} : { id }) };
      made += 1;
      out.push({ functionCall: call, ...(thoughtSignature === undefined ? {} : { thoughtSignature }) });
    } else if (text === undefined || thoughtSignature !== undefined) out.push(part);
    else if (text === "" || thought === true) continue;
    else if (last?.text !== undefined && last.thoughtSignature === undefined) {
      out[out.length - 1] = { text: last.text + text };
    } else out.push({ text });
  }
  return out;
}
