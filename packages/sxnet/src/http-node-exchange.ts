import type http from "node:http";
import type { Agent, ClientRequest, IncomingMessage } from "node:http";
import type https from "node:https";
import type { Socket } from "node:net";
import { ProviderError } from "./errors.js";
import type { HttpRequest, HttpResponse, SendOptions } from "./http-message.js";
import { bodyError, placeOf, requestError, tooLong } from "./http-errors.js";
import type { TunnelRequest } from "./http-tunnel.js";
import { Watch } from "./http-watch.js";

/** node:http or node:https. */
export type Http = typeof http | typeof https;

interface ExchangeOptions extends SendOptions {
  readonly http: Http;
  readonly agent: Agent;
  readonly url: URL;
  readonly request: HttpRequest;
  readonly connectTimeoutMs: number;
  readonly maxBodyBytes: number;
  /** Host and port of the proxy that the agent goes through. */
  readonly proxyPlace: string | undefined;
  /** Where further authorities are from, for messages. */
  readonly caName?: string | undefined;
  /** Holds this exchange while its rest is read away. */
  readonly discarded: Set<NodeExchange>;
}

const MAX_HEADER_BYTES = 64 * 1024;
/** Unread bytes at which the socket is paused. */
const HIGH_WATER_BYTES = 1024 * 1024;
/** Bigger bodies are sent in pieces of this size, so that a slow but moving upload is not taken for silence. */
const UPLOAD_PIECE_BYTES = 256 * 1024;
/** How much and for how long a discarded body may still come before its connection is given up. */
const DISCARD_BYTES = 64 * 1024;
const DISCARD_MS = 250;

/** One request and its answer. */
export class NodeExchange implements HttpResponse {
  /** True when a kept connection was closed before one byte of an answer: the request may be sent once more. */
  metClosedSocket = false;

  readonly #options: ExchangeOptions;
  readonly #place: string;
  readonly #watch: Watch;
  /** Ends the building of a tunnel; absent without a proxy. */
  readonly #tunnel: AbortController | undefined;
  #keptSocketIsSilent = false;
  #outgoing: ClientRequest | undefined;
  #incoming: IncomingMessage | undefined;
  #answered: { resolve(response: HttpResponse): void; reject(reason: unknown): void } | undefined;

  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #totalBytes = 0;
  #paused = false;
  #wake: (() => void) | undefined;
  #ended = false;
  #failure: { readonly reason: unknown } | undefined;
  #discardTimer: NodeJS.Timeout | undefined;
  #discardBytesLeft = DISCARD_BYTES;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    const { url, proxyPlace } = options;
    this.#place = `${placeOf(url)}${proxyPlace === undefined ? "" : ` through the proxy ${proxyPlace}`}`;
    this.#tunnel = proxyPlace === undefined ? undefined : new AbortController();
    this.#watch = new Watch(options.signal, (reason) => this.#fail(reason));
  }

  get status(): number {
    return this.#incoming?.statusCode ?? 0;
  }

  get headers(): Readonly<Record<string, string>> {
    const entries = Object.entries(this.#incoming?.headers ?? {});
    return Object.fromEntries(
      entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
    );
  }

  /** Resolves with this exchange when the headers are here. */
  start(): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      this.#answered = { resolve, reject };
      const { http, agent, url, request, connectTimeoutMs, idleTimeoutMs } = this.#options;
      this.#watch.limit(Math.min(connectTimeoutMs, idleTimeoutMs), `no connection to ${this.#place}`);
      const body = request.body === undefined ? undefined : Buffer.from(request.body);
      const length = body === undefined ? {} : { "content-length": String(body.length) };
      const tunnelRequest: TunnelRequest = {
        method: request.method,
        headers: { ...request.headers, ...length },
        agent,
        maxHeaderSize: MAX_HEADER_BYTES,
        ...(this.#tunnel === undefined ? {} : { tunnelSignal: this.#tunnel.signal }),
      };
      const outgoing = http.request(url, tunnelRequest);
      this.#outgoing = outgoing;
      outgoing.once("socket", (socket) => this.#useSocket(outgoing, socket));
      outgoing.once("response", (incoming) => this.#useAnswer(incoming));
      outgoing.on("information", () => this.#watch.touch());
      outgoing.once("finish", () => this.#watch.touch());
      outgoing.on("error", (error) => this.#lose(error));
      this.#upload(outgoing, body, 0);
    });
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#queue.length === 0 && !this.#isOver()) {
      this.#watch.touch();
      // Taken up in a microtask: all that one piece from the network holds is in the queue by then.
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    this.#options.signal?.throwIfAborted();
    const bytes = this.#takeQueue();
    if (bytes === undefined && this.#failure !== undefined) throw this.#failure.reason;
    return bytes;
  }

  discard(): void {
    this.#takeQueue();
    if (this.#isOver()) return;
    this.#watch.release();
    this.#discardTimer = setTimeout(() => this.destroy(), DISCARD_MS).unref();
    this.#options.discarded.add(this);
    this.#incoming?.socket.unref();
    this.#wakeUp();
  }

  /** Ends the connection. */
  destroy(): void {
    this.#finish();
    this.#outgoing?.destroy();
  }

  #isOver(): boolean {
    return this.#ended || this.#failure !== undefined || this.#discardTimer !== undefined;
  }

  #useSocket(outgoing: ClientRequest, socket: Socket): void {
    const { idleTimeoutMs, url } = this.#options;
    const waitForAnswer = (): void => this.#watch.limit(idleTimeoutMs, `no answer from ${this.#place}`);
    if (!outgoing.reusedSocket) {
      const isConnected = this.#tunnel !== undefined && url.protocol === "http:";
      if (isConnected) waitForAnswer();
      else socket.once(url.protocol === "https:" ? "secureConnect" : "connect", waitForAnswer);
      return;
    }
    this.#keptSocketIsSilent = true;
    socket.once("data", () => (this.#keptSocketIsSilent = false));
    waitForAnswer();
  }

  #upload(outgoing: ClientRequest, body: Buffer | undefined, from: number): void {
    if (body === undefined || body.length - from <= UPLOAD_PIECE_BYTES) {
      outgoing.end(body?.subarray(from));
      return;
    }
    const to = from + UPLOAD_PIECE_BYTES;
    outgoing.write(body.subarray(from, to), (error) => {
      if (error || this.#isOver()) return;
      this.#watch.touch();
      this.#upload(outgoing, body, to);
    });
  }

  #useAnswer(incoming: IncomingMessage): void {
    this.#incoming = incoming;
    incoming.on("data", (bytes: Uint8Array) => this.#take(bytes));
    incoming.once("end", () => this.#end());
    incoming.on("error", (error) => this.#lose(error));
    incoming.once("close", () => this.#lose(undefined));
    const encoding = incoming.headers["content-encoding"] ?? "identity";
    if (encoding !== "identity") {
      const message = `the answer of ${this.#place} is compressed (${JSON.stringify(encoding)}), although that was not asked for`;
      this.#fail(new ProviderError("protocol", message, { status: this.status }));
      return;
    }
    this.#watch.limit(this.#options.idleTimeoutMs, `nothing more from ${this.#place}`, () => this.#wake !== undefined);
    this.#answered?.resolve(this);
    this.#answered = undefined;
  }

  #take(bytes: Uint8Array): void {
    if (this.#discardTimer !== undefined) {
      this.#discardBytesLeft -= bytes.length;
      if (this.#discardBytesLeft < 0) this.destroy();
      return;
    }
    this.#totalBytes += bytes.length;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (this.#totalBytes > this.#options.maxBodyBytes) {
      this.#fail(tooLong(this.#place, this.#options.maxBodyBytes));
      return;
    }
    if (this.#queuedBytes >= HIGH_WATER_BYTES && !this.#paused) {
      this.#paused = true;
      this.#incoming?.pause();
    }
    this.#wakeUp();
  }

  #takeQueue(): Uint8Array | undefined {
    const queue = this.#queue;
    const bytes = this.#queuedBytes;
    if (this.#paused) {
      this.#paused = false;
      this.#incoming?.resume();
    }
    if (queue.length === 0) return undefined;
    this.#queue = [];
    this.#queuedBytes = 0;
    return queue.length === 1 ? queue[0] : Buffer.concat(queue, bytes);
  }

  #end(): void {
    this.#ended = true;
    this.#finish();
    // An answer that came before the whole request was sent: the server does not want the rest.
    if (this.#outgoing?.writableFinished !== true) this.#outgoing?.destroy();
    this.#wakeUp();
  }

  /** The connection ended on its own; `undefined` when it closed without a word. */
  #lose(error: unknown): void {
    if (this.#ended || this.#failure !== undefined) return;
    if (this.#discardTimer !== undefined) {
      this.#finish();
      return;
    }
    const incoming = this.#incoming;
    if (incoming === undefined) {
      this.metClosedSocket = this.#keptSocketIsSilent && isClosedSocket(error);
      this.#fail(ProviderError.is(error) ? error : requestError(error, this.#place, this.#options.caName));
      return;
    }
    // What a paused answer still held.
    incoming.removeAllListeners("data");
    for (let bytes: Uint8Array | null = incoming.read(); bytes !== null; bytes = incoming.read())
      this.#queue.push(bytes);
    this.#queuedBytes = this.#queue.reduce((sum, bytes) => sum + bytes.length, 0);
    this.#fail(bodyError(error, this.#place));
  }

  #fail(reason: unknown): void {
    if (this.#ended || this.#failure !== undefined) return;
    this.#failure = { reason };
    this.#finish();
    this.#outgoing?.destroy();
    this.#answered?.reject(reason);
    this.#answered = undefined;
    this.#wakeUp();
  }

  #finish(): void {
    this.#watch.release();
    this.#tunnel?.abort();
    clearTimeout(this.#discardTimer);
    this.#options.discarded.delete(this);
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

function isClosedSocket(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}
