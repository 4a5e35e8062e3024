import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { deliver } from "./deliver.js";
import { plainAnswer, type Player } from "./player.js";
import type { Recorder } from "./recorder.js";
import { jsonAnswer, type RawRequest, type SeenRequest } from "./wire.js";

/** One line of the request log. */
export interface LogRow {
  readonly n: number;
  /** When the request came: RFC 3339. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** 0 when the connection ended before a status was sent. */
  readonly status: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** From the first byte of the request to the end of the answer. */
  readonly ms: number;
  readonly model?: string;
  readonly turn?: string;
  readonly problem?: string;
  /** Credentials are masked. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface ServerOptions {
  /** Answers by itself, or passes requests on. */
  readonly source: { readonly player: Player } | { readonly recorder: Recorder };
  readonly port: number;
  readonly maxRequestBytes: number;
  readonly now: () => number;
  readonly onRequest: (seen: SeenRequest) => void;
  readonly onViolation: (message: string) => void;
  readonly onRow: (row: LogRow) => void;
}

export interface SimServer {
  readonly port: number;
  /** Ends every connection, and settles when the last answer has been accounted for. */
  close(): Promise<void>;
}

/** Clients keep connections between turns; ending one as it is used again would look like a fault of theirs. */
const KEEP_ALIVE_MS = 120_000;

/** Read past the limit and dropped: a client that is still sending would not see the refusal. */
const DRAINED_BYTES = 256 * 1024 * 1024;

const SECRET_HEADER =
  /^(authorization|proxy-authorization|cookie|set-cookie|chatgpt-account-id)$|key|token|secret|password/i;

export async function startServer(options: ServerOptions): Promise<SimServer> {
  const { createServer } = await import("node:http");
  const closing = new AbortController();
  const running = new Set<Promise<void>>();
  const handler = new RequestHandler(options, closing.signal);
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (request, response) => {
    const work = handler.handle(request, response).finally(() => running.delete(work));
    running.add(work);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      closing.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await Promise.allSettled(running);
    },
  };
}

/** What became of a request, for its row. */
export interface Outcome {
  readonly bytesOut: number;
  readonly model?: string;
  readonly turn?: string;
  readonly problem?: string;
}

class RequestHandler {
  readonly #options: ServerOptions;
  readonly #closing: AbortSignal;
  #count = 0;

  constructor(options: ServerOptions, closing: AbortSignal) {
    this.#options = options;
    this.#closing = closing;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#count += 1;
    const n = this.#count;
    const startedMs = this.#options.now();
    // A connection that breaks is the client's affair: the delivery sees it as `close`.
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    const method = request.method ?? "";
    const [path = "", query = ""] = (request.url ?? "").split(/\?(.*)/s, 2);
    const headers = readHeaders(request);
    const bytes = await readBody(request, this.#options.maxRequestBytes);
    const outcome = await this.#outcome(request, response, bytes, { n, method, path, query, headers });
    if (outcome.problem !== undefined) this.#options.onViolation(outcome.problem);
    this.#options.onRow({
      n,
      at: new Date(startedMs).toISOString(),
      method,
      path,
      status: response.headersSent ? response.statusCode : 0,
      bytesIn: bytes?.length ?? 0,
      ms: Math.max(0, this.#options.now() - startedMs),
      ...outcome,
      headers: maskHeaders(headers),
    });
  }

  async #outcome(
    request: IncomingMessage,
    response: ServerResponse,
    bytes: Buffer | undefined,
    head: Omit<RawBytesRequest, "bytes">,
  ): Promise<Outcome> {
    if (bytes === undefined) return this.#tooLarge(response);
    // Half a request is no request: a client that gives up has not broken the script.
    if (!request.complete) return { bytesOut: 0 };
    return this.#answer({ ...head, bytes }, response);
  }

  async #answer(request: RawBytesRequest, response: ServerResponse): Promise<Outcome> {
    const { source } = this.#options;
    if ("recorder" in source) return source.recorder.forward(request, response, this.#closing);
    const { bytes, n, ...head } = request;
    const { answer, seen, ...told } = source.player.play({ ...head, body: bytes.toString("utf8") }, n);
    if (seen !== undefined) this.#options.onRequest(seen);
    const bytesOut = await deliver(response, answer, this.#closing);
    return { ...told, ...(seen === undefined ? {} : { model: seen.model }), bytesOut };
  }

  async #tooLarge(response: ServerResponse): Promise<Outcome> {
    const problem = `a request is larger than ${this.#options.maxRequestBytes} bytes`;
    const answer = jsonAnswer(413, { error: { message: `scorpiox-sim: ${problem}` } }, { connection: "close" });
    return { problem, bytesOut: await deliver(response, plainAnswer(answer), this.#closing) };
  }
}

/** A request whose body is still bytes. */
export interface RawBytesRequest extends Omit<RawRequest, "body"> {
  readonly n: number;
  readonly bytes: Buffer;
}

function readHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
}

/** The whole body; `undefined` when it is larger than `maxBytes`; what has come when the client leaves. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length <= maxBytes) parts.push(chunk);
      else if (length > maxBytes + DRAINED_BYTES) break;
    }
  } catch {
    // The client left in the middle of its request: there is nobody to answer, and the row says status 0.
  }
  return length > maxBytes ? undefined : Buffer.concat(parts);
}

function maskHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, SECRET_HEADER.test(name) ? "[masked]" : value]),
  );
}
