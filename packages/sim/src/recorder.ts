import type { ClientRequest, IncomingMessage, RequestOptions, ServerResponse } from "node:http";
import { once } from "node:events";
import { openJsonl, type JsonlFile } from "./jsonl-file.js";
import { parseBody } from "./json-check.js";
import type { AnswerEnd, Exchange, RecordingHead } from "./recording.js";
import { ScriptError } from "./script-check.js";
import { createScrubber, type Scrubber } from "./scrub.js";
import type { Outcome, RawBytesRequest } from "./arrival.js";
import { parseUpstream, upstreamUrl } from "./upstream.js";
import { jsonAnswer } from "./wire.js";

export interface RecordOptions {
  /** The recording to make; it must not exist yet. */
  readonly path: string;
  /** Origin of the real service, with a path before it where it has one. */
  readonly upstream: string;
  /** Further values that must not reach the recording. */
  readonly secrets?: readonly string[];
}

/** Passes requests on to the real service and keeps what both sides said, without secrets. */
export interface Recorder {
  /** Settles when the answer is over and its line is queued. Never rejects. */
  forward(request: RawBytesRequest, response: ServerResponse, closing: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}

/** How long the rest of an answer is still read after the client has left: most leave at the last event. */
const LINGER_MS = 2000;
/** Without a byte for so long, the upstream is given up. */
const IDLE_MS = 600_000;
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** They belong to one connection, not to the message. Source: RFC 9110, section 7.6.1. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "host",
  "content-length",
  "accept-encoding",
  "expect",
]);

/** @throws ScriptError when the upstream cannot be used or the recording cannot be made */
export async function startRecorder(options: RecordOptions, warning: (message: string) => void): Promise<Recorder> {
  const upstream = parseUpstream(options.upstream);
  let file: JsonlFile;
  try {
    file = await openJsonl(options.path, "wx", (error) =>
      warning(`the recording ${options.path} is incomplete: ${error.message}`),
    );
  } catch (error) {
    const exists = error instanceof Error && "code" in error && error.code === "EEXIST";
    const why = exists
      ? "it exists already; choose another name or remove it"
      : error instanceof Error
        ? error.message
        : "";
    throw new ScriptError(`recording ${options.path} cannot be made: ${why}`, { cause: error });
  }
  file.append({ type: "recording", v: 1, upstream: upstream.origin } satisfies RecordingHead);
  const { request } = upstream.protocol === "https:" ? await import("node:https") : await import("node:http");
  return new UpstreamRecorder(upstream, request, file, createScrubber(options.secrets ?? []));
}

type SendRequest = (url: URL, options: RequestOptions) => ClientRequest;

class UpstreamRecorder implements Recorder {
  readonly #upstream: URL;
  readonly #send: SendRequest;
  readonly #file: JsonlFile;
  readonly #scrubber: Scrubber;

  constructor(upstream: URL, send: SendRequest, file: JsonlFile, scrubber: Scrubber) {
    this.#upstream = upstream;
    this.#send = send;
    this.#file = file;
    this.#scrubber = scrubber;
  }

  async forward(request: RawBytesRequest, response: ServerResponse, closing: AbortSignal): Promise<Outcome> {
    this.#scrubber.learn(request);
    const taker = new Taker(response, closing);
    try {
      const upstream = await this.#ask(request, taker.signal);
      response.writeHead(upstream.statusCode ?? 502, ownHeaders(upstream));
      response.flushHeaders();
      const end = await taker.take(upstream);
      const problem = this.#record(request, upstream, taker, end);
      return { bytesOut: taker.sentBytes, ...(problem === undefined ? {} : { problem }) };
    } catch (error) {
      if (taker.signal.aborted) return { bytesOut: taker.sentBytes };
      const why = error instanceof Error ? error.message : String(error);
      const problem = `request ${request.n}: ${this.#upstream.origin} did not answer: ${why}`;
      const answer = jsonAnswer(502, { error: { message: `scorpiox-sim: ${problem}` } });
      if (!response.headersSent) response.writeHead(answer.status, answer.headers);
      response.end(answer.body);
      return { problem, bytesOut: answer.body.length };
    } finally {
      taker.done();
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #ask(request: RawBytesRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const kept = Object.entries(request.headers).filter(([name]) => !HOP_BY_HOP.has(name));
    const sent = this.#send(upstreamUrl(this.#upstream, request.path, request.query), {
      method: request.method,
      // Compressed bytes could not be searched for secrets.
      headers: { ...Object.fromEntries(kept), "accept-encoding": "identity", "content-length": request.bytes.length },
      agent: false,
      signal,
    });
    // Before the answer an error rejects below; after it, the answer itself breaks off.
    sent.on("error", () => undefined);
    sent.setTimeout(IDLE_MS, () => sent.destroy(new Error("no byte came for ten minutes")));
    sent.end(request.bytes);
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    return answer;
  }

  /** @returns why nothing was recorded, if so */
  #record(request: RawBytesRequest, upstream: IncomingMessage, taker: Taker, end: AnswerEnd): string | undefined {
    const where = `request ${request.n} was not recorded`;
    if (taker.overflow) return `${where}: the answer is larger than ${MAX_ANSWER_BYTES} bytes`;
    const coding = upstream.headers["content-encoding"] ?? "identity";
    if (coding !== "identity")
      return `${where}: the answer is compressed (${coding}), so secrets in it cannot be found`;
    const whole = Buffer.concat(taker.chunks);
    const asUtf8 = whole.toString("utf8");
    const encoding = Buffer.from(asUtf8).equals(whole) ? "utf8" : "base64";
    const text = encoding === "utf8" ? asUtf8 : whole.toString("latin1");
    const clean = this.#scrubber.text(text);
    const exchange: Exchange = {
      type: "exchange",
      n: request.n,
      request: {
        method: request.method,
        path: request.path,
        headers: this.#scrubber.headers(request.headers),
        body: parseBody(this.#scrubber.text(request.bytes.toString("utf8"))),
      },
      answer: {
        status: upstream.statusCode ?? 502,
        headers: this.#scrubber.headers(ownHeaders(upstream)),
        encoding,
        body: encoding === "utf8" ? clean : Buffer.from(clean, "latin1").toString("base64"),
        pieces: clean === text ? taker.chunks.map((chunk, index) => [chunk.length, taker.arrivalsMs[index] ?? 0]) : [],
        end,
      },
    };
    this.#file.append(exchange);
    return undefined;
  }
}

/** Takes one answer from the upstream to the client, at the client's pace, and keeps a copy. */
class Taker {
  readonly #response: ServerResponse;
  readonly #closing: AbortSignal;
  readonly #stop = new AbortController();
  readonly #startedMs = performance.now();
  readonly #onClose = (): void => this.#linger();
  readonly #onClosing = (): void => this.#stop.abort();
  #lingering: NodeJS.Timeout | undefined;
  readonly chunks: Buffer[] = [];
  readonly arrivalsMs: number[] = [];
  sentBytes = 0;
  overflow = false;
  #kept = 0;

  constructor(response: ServerResponse, closing: AbortSignal) {
    this.#response = response;
    this.#closing = closing;
    response.once("close", this.#onClose);
    closing.addEventListener("abort", this.#onClosing, { once: true });
    if (closing.aborted) this.#stop.abort();
  }

  /** Ends the upstream request when the client has left for good, or the simulator closes. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  async take(upstream: IncomingMessage): Promise<AnswerEnd> {
    try {
      for await (const chunk of upstream as AsyncIterable<Buffer>) await this.#pass(chunk);
    } catch {
      // Which of the two ended it is all there is to know: the client's leaving, or the service's breaking off.
      if (this.signal.aborted) return "open";
      this.#response.destroy();
      return "cut";
    }
    if (!this.#response.destroyed) this.#response.end();
    return "complete";
  }

  done(): void {
    clearTimeout(this.#lingering);
    this.#response.off("close", this.#onClose);
    this.#closing.removeEventListener("abort", this.#onClosing);
  }

  async #pass(chunk: Buffer): Promise<void> {
    this.#kept += chunk.length;
    if (this.#kept > MAX_ANSWER_BYTES) {
      this.overflow = true;
      this.chunks.length = 0;
    } else {
      this.chunks.push(chunk);
      this.arrivalsMs.push(Math.round(performance.now() - this.#startedMs));
    }
    if (this.#response.destroyed) return;
    this.sentBytes += chunk.length;
    if (this.#response.write(chunk)) return;
    const left = new AbortController();
    const leave = (): void => left.abort();
    this.#response.once("close", leave);
    // `close` without `drain` means that the client is gone; the rest is read without it.
    await once(this.#response, "drain", { signal: left.signal }).catch(() => undefined);
    this.#response.off("close", leave);
  }

  #linger(): void {
    if (this.#response.writableEnded) return;
    this.#lingering = setTimeout(() => this.#stop.abort(), LINGER_MS);
  }
}

function ownHeaders(message: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(message.headers)
      .filter(([name]) => !HOP_BY_HOP.has(name))
      .map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
}
