import type { IncomingMessage, ServerResponse } from "node:http";
import type { Outcome, RawBytesRequest } from "./arrival.js";
import { deliver } from "./deliver.js";
import { type LoopbackServer, readBody, readHeaders, startLoopbackServer } from "./loopback-server.js";
import { plainAnswer, type Player } from "./player.js";
import type { Recorder } from "./recorder.js";
import { jsonAnswer, type SeenRequest } from "./wire.js";

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

const SECRET_HEADER =
  /^(authorization|proxy-authorization|cookie|set-cookie|chatgpt-account-id)$|key|token|secret|password/i;

export async function startServer(options: ServerOptions): Promise<LoopbackServer> {
  const handler = new RequestHandler(options);
  return startLoopbackServer({
    port: options.port,
    handle: (request, response, closing) => handler.handle(request, response, closing),
  });
}

class RequestHandler {
  readonly #options: ServerOptions;
  #count = 0;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  async handle(request: IncomingMessage, response: ServerResponse, closing: AbortSignal): Promise<void> {
    this.#count += 1;
    const n = this.#count;
    const startedMs = this.#options.now();
    const method = request.method ?? "";
    const [path = "", query = ""] = (request.url ?? "").split(/\?(.*)/s, 2);
    const headers = readHeaders(request);
    const bytes = await readBody(request, this.#options.maxRequestBytes);
    const outcome = await this.#outcome(request, response, closing, { n, method, path, query, headers, bytes });
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
    closing: AbortSignal,
    { bytes, ...head }: Omit<RawBytesRequest, "bytes"> & { readonly bytes: Buffer | undefined },
  ): Promise<Outcome> {
    if (bytes === undefined) return this.#tooLarge(response, closing);
    // Half a request is no request: a client that gives up has not broken the script.
    if (!request.complete) return { bytesOut: 0 };
    return this.#answer({ ...head, bytes }, response, closing);
  }

  async #answer(request: RawBytesRequest, response: ServerResponse, closing: AbortSignal): Promise<Outcome> {
    const { source } = this.#options;
    if ("recorder" in source) return source.recorder.forward(request, response, closing);
    const { bytes, n, ...head } = request;
    const { answer, seen, ...told } = source.player.play({ ...head, body: bytes.toString("utf8") }, n);
    if (seen !== undefined) this.#options.onRequest(seen);
    let bytesOut = 0;
    try {
      bytesOut = await deliver(response, answer, closing);
    } catch (error) {
      // An answer that HTTP cannot carry is told like a wrong request: it must not end the server.
      response.destroy();
      const why = error instanceof Error ? error.message : String(error);
      return { ...told, problem: `the answer cannot be sent: ${why}`, bytesOut };
    }
    return { ...told, ...(seen === undefined ? {} : { model: seen.model }), bytesOut };
  }

  async #tooLarge(response: ServerResponse, closing: AbortSignal): Promise<Outcome> {
    const problem = `a request is larger than ${this.#options.maxRequestBytes} bytes`;
    const answer = jsonAnswer(413, { error: { message: `scorpiox-sim: ${problem}` } }, { connection: "close" });
    return { problem, bytesOut: await deliver(response, plainAnswer(answer), closing) };
  }
}

function maskHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, SECRET_HEADER.test(name) ? "[masked]" : value]),
  );
}
