import { setMaxListeners } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A certificate and its private key, both PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface LoopbackOptions {
  /** 0: one that the system chooses. */
  readonly port: number;
  /** With it the server speaks https. */
  readonly certificate?: ServerCertificate;
  /** Must not reject. `closing` aborts when the server is closed. */
  readonly handle: (request: IncomingMessage, response: ServerResponse, closing: AbortSignal) => Promise<void>;
}

export interface LoopbackServer {
  readonly port: number;
  /** Ends every connection, and settles when the last request has been handled. */
  close(): Promise<void>;
}

/** Clients keep connections between requests; ending one as it is used again would look like a fault of theirs. */
const KEEP_ALIVE_MS = 120_000;
/** Hundreds of processes may connect in the same moment. */
const BACKLOG = 1024;
/** Read past the limit and dropped: a client that is still sending would not see the refusal. */
const DRAINED_BYTES = 256 * 1024 * 1024;

/**
 * Serves on 127.0.0.1, and nowhere else.
 * @throws the system's error when the port is taken, or the certificate cannot be used
 */
export async function startLoopbackServer(options: LoopbackOptions): Promise<LoopbackServer> {
  const closing = new AbortController();
  // Each request that waits listens to it.
  setMaxListeners(0, closing.signal);
  const running = new Set<Promise<void>>();
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    // A connection that breaks is the client's affair: the delivery sees it as `close`.
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    const work = options.handle(request, response, closing.signal).finally(() => running.delete(work));
    running.add(work);
  };
  const settings = { keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true };
  const server =
    options.certificate === undefined
      ? (await import("node:http")).createServer(settings, listener)
      : (await import("node:https")).createServer({ ...settings, ...options.certificate }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: options.port, host: "127.0.0.1", backlog: BACKLOG }, () => {
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

/** Names in lower case; repeated ones joined. */
export function readHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
}

/** The whole body; `undefined` when it is larger than `maxBytes`; what has come when the client leaves. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
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
