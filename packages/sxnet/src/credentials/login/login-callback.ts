import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CredentialError } from "../credential-error.js";
import { isSameSecret } from "./pkce.js";

/** The one answer of the login page that counts. */
export type CallbackAnswer =
  | { readonly kind: "code"; readonly code: string }
  /** The page's error code, safe to show. */
  | { readonly kind: "error"; readonly code: string }
  /** Another program of this user asks for the port. */
  | { readonly kind: "cancelled" };

export interface CallbackListener {
  readonly port: number;
  /** `http://127.0.0.1:PORT/auth/callback`. */
  readonly redirectUri: string;
  /** The first proper answer. Never rejects; pending for ever when none comes. */
  readonly answer: Promise<CallbackAnswer>;
  /** Stops listening; waits, not long, until the page that says so has been fetched. May be called twice. */
  close(): Promise<void>;
}

const PATH = "/auth/callback";
/** How long the browser may take to fetch the last page. */
const GOODBYE_MS = 1_000;
const MAX_HEADER_BYTES = 32_768;
const SOCKET_TIMEOUT_MS = 10_000;
const CODE = /^[\u0021-\u007e]{1,8192}$/u;

/**
 * What an answer says: the query of the callback's address, or the whole address as a person has pasted it. Undefined
 * when it is not an answer to our question, for example because of another state.
 */
export function readCallback(url: string, state: string): CallbackAnswer | undefined {
  if (!URL.canParse(url, "http://127.0.0.1")) return undefined;
  const query = new URL(url, "http://127.0.0.1").searchParams;
  // Twice the same field is an attempt to be read in two ways.
  const one = (name: string): string | undefined =>
    query.getAll(name).length === 1 ? (query.get(name) ?? "") : undefined;
  if (!isSameSecret(state, one("state") ?? "")) return undefined;
  if (query.has("error")) {
    const code = one("error") ?? "";
    return { kind: "error", code: /^[\w.-]{1,80}$/u.test(code) ? code : "unknown_error" };
  }
  const code = one("code");
  return code !== undefined && CODE.test(code) ? { kind: "code", code } : undefined;
}

/**
 * Listens on 127.0.0.1 for the browser to bring the answer: to GET of `/auth/callback`, `/success` and `/cancel` only,
 * under its own host name only, and to nothing that a page of somebody else has sent. One proper answer is taken;
 * one with a wrong state is refused and changes nothing.
 * Source: RFC 8252 section 7.3; codex 0.169.0, login server, read 2026-11-20.
 * @param ports tried in order; 0 is one that the system chooses
 * @throws CredentialError `network` when none is free
 */
export async function listenForCallback(state: string, ports: readonly number[]): Promise<CallbackListener> {
  const { createServer } = await import("node:http");
  const callback = new Callback(state);
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: SOCKET_TIMEOUT_MS },
    (request, response) => callback.handle(request, response),
  );
  server.setTimeout(SOCKET_TIMEOUT_MS);
  const port = await listen(server, ports);
  callback.open(port);
  let closed: Promise<void> | undefined;
  return {
    port,
    redirectUri: `http://127.0.0.1:${port}${PATH}`,
    answer: callback.answer,
    close: () => (closed ??= closeServer(server, callback)),
  };
}

async function listen(server: Server, ports: readonly number[]): Promise<number> {
  for (const port of ports) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen({ host: "127.0.0.1", port, exclusive: true }, () => {
          server.removeListener("error", reject);
          resolve();
        });
      });
      return (server.address() as AddressInfo).port;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EADDRINUSE" && code !== "EACCES") throw error;
      server.removeAllListeners("error");
    }
  }
  throw new CredentialError(
    "network",
    `port ${ports.join(" and port ")} of 127.0.0.1 ${ports.length === 1 ? "is" : "are"} taken, perhaps by another login; end it, or log in without --browser`,
  );
}

async function closeServer(server: Server, callback: Callback): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, callback.isAnswered ? GOODBYE_MS : 0);
  });
  await Promise.race([callback.farewell, late]);
  clearTimeout(timer);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

class Callback {
  readonly answer: Promise<CallbackAnswer>;
  /** The browser has the last page. */
  readonly farewell: Promise<void>;
  isAnswered = false;
  #hosts: ReadonlySet<string> = new Set();
  #settle: (answer: CallbackAnswer) => void = () => undefined;
  #leave: () => void = () => undefined;

  constructor(private readonly state: string) {
    this.answer = new Promise((resolve) => (this.#settle = resolve));
    this.farewell = new Promise((resolve) => (this.#leave = resolve));
  }

  open(port: number): void {
    this.#hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`]);
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const refused = this.refuse(request);
    if (refused !== undefined) {
      respond(response, refused, "This address is for the answer to a login only.");
      return;
    }
    const url = request.url ?? "";
    switch (url.split("?", 1)[0] ?? "") {
      case PATH:
        this.callback(url, response);
        return;
      case "/success":
        respond(response, 200, "You can close this page. The terminal tells how the login went.", this.#leave);
        return;
      case "/cancel":
        this.take({ kind: "cancelled" });
        respond(response, 200, "The login is cancelled.", this.#leave);
        return;
      default:
        respond(response, 404, "There is nothing here.");
    }
  }

  /** The status for a request that is none of ours: under another name (DNS rebinding), or sent by somebody's page. */
  private refuse({ method, url, headers }: IncomingMessage): number | undefined {
    if (!this.#hosts.has((headers.host ?? "").toLowerCase())) return 421;
    if (method !== "GET") return 405;
    // Only another program cancels; no browser has a reason to.
    const mode = headers["sec-fetch-mode"] ?? "navigate";
    if (url === "/cancel" && "sec-fetch-mode" in headers) return 403;
    return headers.origin !== undefined || mode !== "navigate" ? 403 : undefined;
  }

  private callback(url: string, response: ServerResponse): void {
    const answer = readCallback(url, this.state);
    if (answer === undefined) {
      respond(response, 400, "This is not the answer to the login that is waiting. Start it again from the terminal.");
    } else if (!this.take(answer)) {
      respond(response, 410, "This login has its answer already.");
    } else if (answer.kind === "code") {
      // The code leaves the address line, and with it the browser's history.
      response.writeHead(302, { ...HEADERS, location: "/success" }).end();
    } else {
      respond(response, 200, "The login was refused. The terminal tells more.", this.#leave);
    }
  }

  private take(answer: CallbackAnswer): boolean {
    if (this.isAnswered) return false;
    this.isAnswered = true;
    this.#settle(answer);
    return true;
  }
}

const HEADERS = {
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  connection: "close",
};

/** `text` is ours: nothing of a request is ever repeated in a page. */
function respond(response: ServerResponse, status: number, text: string, done?: () => void): void {
  response.writeHead(status, {
    ...HEADERS,
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  });
  const page = `<!DOCTYPE html>\n<html lang="en"><head><title>scorpiox code</title></head><body><p>${text}</p></body></html>\n`;
  response.end(page, done);
}
