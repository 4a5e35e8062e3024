import { getEventListeners, once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { ProviderError } from "../src/errors.js";
import { createHttpClient, type HttpClient, type HttpClientOptions, type HttpResponse, readText } from "../src/http.js";
import { createSseParser } from "../src/sse.js";
import { closed, gate, serve, serveRaw } from "./loopback.js";

const TRANSPORTS: readonly (readonly [string, HttpClientOptions])[] = [
  ["node:http", {}],
  ["fetch", { fetch: globalThis.fetch }],
];
const IDLE = { idleTimeoutMs: 30_000 };
const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}

async function readAll(response: HttpResponse): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (let bytes = await response.read(); bytes !== undefined; bytes = await response.read()) pieces.push(bytes);
  return Buffer.concat(pieces);
}

/** The error that a promise rejects with. */
async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

async function providerErrorOf(promise: Promise<unknown>): Promise<ProviderError> {
  const error = await failureOf(promise);
  if (ProviderError.is(error)) return error;
  throw error;
}

afterEach(() => void vi.useRealTimers());

describe.each(TRANSPORTS)("over %s", (_name, transport) => {
  function client(options: HttpClientOptions = {}): HttpClient {
    const made = createHttpClient({ ...transport, ...options });
    onTestFinished(() => made.close());
    return made;
  }

  /** Node's fetch keeps a timer of its own among ours. */
  const ownsTimers = transport.fetch === undefined;

  const get = (origin: string, options: { signal?: AbortSignal; idleTimeoutMs?: number } = {}): Promise<HttpResponse> =>
    client().send(
      { method: "GET", url: `${origin}/secret-path?key=secret-query`, headers: {} },
      { ...IDLE, ...options },
    );

  describe("a request", () => {
    it("carries method, path, query, headers and body", async () => {
      const seen = gate<{ request: IncomingMessage; body: Buffer }>();
      const { origin } = await serve(async (request, response) => {
        const pieces: Buffer[] = [];
        for await (const bytes of request) pieces.push(bytes as Buffer);
        seen.open({ request, body: Buffer.concat(pieces) });
        response.end("ok");
      });
      const sent = JSON.stringify({ text: "ä€🙂".repeat(200_000) });
      const response = await client().send(
        {
          method: "POST",
          url: `${origin}/v1/x?a=b%20c`,
          headers: { "X-Own": "1", "accept-encoding": "br" },
          body: sent,
        },
        IDLE,
      );
      expect(text(await readAll(response))).toBe("ok");
      const { request, body } = await seen.opened;
      expect(request).toMatchObject({ method: "POST", url: "/v1/x?a=b%20c", httpVersion: "1.1" });
      expect(request.headers).toMatchObject({
        "x-own": "1",
        "accept-encoding": "identity",
        "content-length": String(Buffer.byteLength(sent)),
      });
      expect(body.equals(Buffer.from(sent))).toBe(true);
    });

    it.each([
      ["a header value with a line end", { "x-key": "secret\r\nx: y" }, undefined, /the header "x-key" holds/],
      ["a header value beyond latin1", { "x-key": "secret€" }, undefined, /the header "x-key" holds/],
      ["a header name with a space", { "x key": "secret" }, undefined, /the header "x key" holds/],
      ["no URL", {}, "secret", /not an http or https URL/],
      ["another scheme", {}, "file:///secret", /not an http or https URL/],
      ["a user in the URL", {}, "http://secret:secret@127.0.0.1:1/", /127\.0\.0\.1:1 holds a user name/],
    ])("is refused with %s, without showing it", async (_case, headers, url, message) => {
      const error = await providerErrorOf(
        client().send({ method: "GET", url: url ?? "http://127.0.0.1:1/", headers: { ...headers } }, IDLE),
      );
      expect(error.code).toBe("invalid_request");
      expect(error.cause).toBeUndefined();
      expect(error.message).toMatch(message);
      expect(error.message).not.toContain("secret");
    });
  });

  describe("an answer", () => {
    it.each([200, 201, 301, 302, 307, 401, 404, 429, 500, 503])(
      "of status %i is handed back as it is",
      async (status) => {
        const { origin, connections } = await serve((_request, response) => {
          response.writeHead(status, { location: "/elsewhere", "X-Mixed": "A", "set-cookie": ["a=1", "b=2"] });
          response.end("body");
        });
        const response = await get(origin);
        expect(response.status).toBe(status);
        expect(response.headers).toMatchObject({ location: "/elsewhere", "x-mixed": "A" });
        expect(text(await readAll(response))).toBe("body");
        expect(connections).toHaveLength(1);
      },
    );

    it("may have no body", async () => {
      const { origin } = await serve((_request, response) => response.writeHead(204).end());
      const response = await get(origin);
      expect(await response.read()).toBeUndefined();
      expect(await response.read()).toBeUndefined();
      response.discard();
    });

    it("may end with its connection", async () => {
      const { origin } = await serveRaw((socket) => socket.end(`${HEAD}connection: close\r\n\r\ndata: a\n\n`));
      expect(text(await readAll(await get(origin)))).toBe("data: a\n\n");
    });

    it("arrives piece by piece, while it is being written", async () => {
      const pieces = ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"];
      let step = gate();
      const { origin } = await serve(async (_request, response) => {
        for (const piece of pieces) {
          response.write(piece);
          await step.opened;
        }
        response.end();
      });
      const response = await get(origin);
      for (const piece of pieces) {
        expect(text(await response.read())).toBe(piece);
        const last = step;
        step = gate();
        last.open();
      }
      expect(await response.read()).toBeUndefined();
    });

    it("keeps every byte for a reader who comes late, and holds the sender back", async () => {
      const total = 48 * 1024 * 1024;
      const piece = Buffer.alloc(64 * 1024, "0123456789abcde\n");
      let written = 0;
      const { origin } = await serve(async (_request, response) => {
        response.writeHead(200, { "content-length": String(total), connection: "close" });
        while (written < total && !response.destroyed) {
          written += piece.length;
          if (!response.write(piece)) await once(response, "drain");
        }
        response.end();
      });
      const response = await get(origin);
      await settled(() => written);
      expect(written).toBeLessThan(total / 2);
      const body = await readAll(response);
      expect(body.length).toBe(total);
      expect(body.subarray(-piece.length).equals(piece)).toBe(true);
    });

    it("is the error protocol beyond the limit of its size", async () => {
      const { origin, connections } = await serve((_request, response) => pour(response));
      const limited = client({ maxBodyBytes: 1_000_000 });
      const response = await limited.send({ method: "GET", url: origin, headers: {} }, IDLE);
      const error = await providerErrorOf(readAll(response));
      expect(error.code).toBe("protocol");
      expect(error.message).toMatch(/^the answer of 127\.0\.0\.1:\d+ is longer than 1000000 bytes$/);
      await closed(connections[0]);
    });

    it("that is one event of 64 MiB ends as the error protocol of the parser, and the connection with it", async () => {
      const { origin, connections } = await serve((_request, response) => {
        response.write("data: ");
        pour(response);
      });
      const controller = new AbortController();
      const response = await get(origin, { signal: controller.signal });
      const parser = createSseParser();
      const error = await providerErrorOf(
        (async () => {
          for (let bytes = await response.read(); bytes !== undefined; bytes = await response.read())
            parser.push(bytes);
        })(),
      );
      expect(error.code).toBe("protocol");
      controller.abort();
      await closed(connections[0]);
    });
  });

  describe("a broken connection", () => {
    it.each<[string, (socket: Socket) => void]>([
      ["is closed", (socket) => void socket.end()],
      ["is reset", (socket) => void socket.resetAndDestroy()],
      ["is closed inside the headers", (socket) => void socket.end("HTTP/1.1 200 OK\r\ncontent-")],
    ])("is the error network when it %s before the answer", async (_case, end) => {
      const { origin, port } = await serveRaw((socket) => end(socket));
      const error = await providerErrorOf(get(origin));
      expect(error).toMatchObject({ code: "network", retryable: true });
      expect(error.cause).toBeInstanceOf(Error);
      expect(error.message).toBe(
        `cannot reach 127.0.0.1:${port}: the connection was closed before an answer came; try again`,
      );
    });

    it("is the error network when nobody listens", async () => {
      const { origin, port } = await serveAndLeave();
      const error = await providerErrorOf(get(origin));
      expect(error).toMatchObject({ code: "network", retryable: true });
      expect(error.message).toBe(
        `cannot reach 127.0.0.1:${port}: the connection was refused; check the address and that the server runs`,
      );
    });

    it.each<[string, string, string, (socket: Socket) => void]>([
      ["short of its length, closed", "content-length: 100\r\n\r\n", "data: a\n\n", (socket) => void socket.end()],
      [
        "short of its length, reset",
        "content-length: 100\r\n\r\n",
        "data: a\n\n",
        (socket) => void socket.resetAndDestroy(),
      ],
      [
        "without the last chunk, closed",
        "transfer-encoding: chunked\r\n\r\n9\r\n",
        "data: a\n\n",
        (socket) => void socket.end("\r\n"),
      ],
      [
        "inside a chunk, closed",
        "transfer-encoding: chunked\r\n\r\n20\r\n",
        "data: a\n\n",
        (socket) => void socket.end(),
      ],
      [
        "inside a chunk, reset",
        "transfer-encoding: chunked\r\n\r\n20\r\n",
        "data: a\n\n",
        (socket) => void socket.resetAndDestroy(),
      ],
    ])("is the error network in the body (%s), after what had arrived", async (_case, head, body, end) => {
      const arrived = gate();
      const { origin, port } = await serveRaw((socket) => {
        socket.write(`${HEAD}${head}${body}`);
        void arrived.opened.then(() => end(socket));
      });
      const response = await get(origin);
      expect(text(await response.read())).toBe(body);
      arrived.open();
      const error = await providerErrorOf(response.read());
      expect(error).toMatchObject({ code: "network", retryable: true });
      expect(error.message).toBe(
        `the connection to 127.0.0.1:${port} was cut before the answer was complete; try again`,
      );
      expect(await failureOf(response.read())).toBe(error);
      response.discard();
    });

    it.each([
      ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n"],
      ["headers that never end", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(200_000)}\r\n\r\n`],
    ])("is the error protocol for %s", async (_case, bytes) => {
      const { origin } = await serveRaw((socket) => void socket.end(bytes));
      const error = await providerErrorOf(get(origin));
      expect(error).toMatchObject({ code: "protocol", retryable: false });
      expect(error.message).toMatch(/^the answer of 127\.0\.0\.1:\d+ is not HTTP 1\.1/);
    });

    it("is an error for a chunk length that is none", async () => {
      const { origin } = await serveRaw((socket) => {
        socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n`);
      });
      const response = await get(origin);
      const error = await providerErrorOf(readAll(response));
      expect(error.code).toMatch(/^(protocol|network)$/);
    });

    it("never shows path, query or headers", async () => {
      const { origin } = await serveAndLeave();
      const error = await providerErrorOf(
        client().send({ method: "GET", url: `${origin}/secret?secret`, headers: { authorization: "secret" } }, IDLE),
      );
      expect(error.message).not.toContain("secret");
    });
  });

  describe("silence", () => {
    it("before the headers is the error timeout", async () => {
      const { origin, connections, port } = await serve(() => undefined);
      const error = await providerErrorOf(get(origin, { idleTimeoutMs: 100 }));
      expect(error).toMatchObject({ code: "timeout", retryable: true });
      expect(error.message).toBe(`no answer from 127.0.0.1:${port} for 100 ms; try again`);
      await closed(connections[0]);
    });

    it("in the body is the error timeout, after what had arrived", async () => {
      const { origin, connections, port } = await serve((_request, response) => void response.write("data: a\n\n"));
      const response = await get(origin, { idleTimeoutMs: 1000 });
      expect(text(await response.read())).toBe("data: a\n\n");
      const error = await providerErrorOf(response.read());
      expect(error).toMatchObject({ code: "timeout", retryable: true });
      expect(error.message).toBe(`nothing more from 127.0.0.1:${port} for 1 second; try again`);
      expect(await failureOf(response.read())).toBe(error);
      await closed(connections[0]);
    });

    it("is counted from the last byte, and only while somebody waits", async () => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const writer = gate<ServerResponse>();
      const { origin } = await serve((_request, response) => {
        response.write(": 0\n");
        writer.open(response);
      });
      const response = await get(origin, { idleTimeoutMs: 1000 });
      const server = await writer.opened;
      expect(text(await response.read())).toBe(": 0\n");
      for (let ping = 1; ping <= 5; ping++) {
        const reading = response.read();
        vi.advanceTimersByTime(900);
        server.write(`: ${ping}\n`);
        expect(text(await reading)).toBe(`: ${ping}\n`);
      }
      vi.advanceTimersByTime(60_000);
      server.write("late\n");
      expect(text(await response.read())).toBe("late\n");
      vi.advanceTimersByTime(60_000);
      const reading = providerErrorOf(response.read());
      vi.advanceTimersByTime(1000);
      expect((await reading).code).toBe("timeout");
      if (ownsTimers) expect(vi.getTimerCount()).toBe(0);
    });
  });

  describe("an abort", () => {
    const reason = { why: "the user said so" };

    it("before the request keeps it from being sent", async () => {
      const { origin, connections } = await serve((_request, response) => response.end());
      expect(await failureOf(get(origin, { signal: AbortSignal.abort(reason) }))).toBe(reason);
      expect(connections).toHaveLength(0);
    });

    it("at once rejects with its reason", async () => {
      const { origin } = await serve(() => undefined);
      const controller = new AbortController();
      const sending = failureOf(get(origin, { signal: controller.signal }));
      controller.abort(reason);
      expect(await sending).toBe(reason);
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    });

    it("before the headers rejects with its reason and ends the connection", async () => {
      const arrived = gate();
      const { origin, connections } = await serve(() => arrived.open());
      const controller = new AbortController();
      const sending = failureOf(get(origin, { signal: controller.signal }));
      await arrived.opened;
      controller.abort(reason);
      expect(await sending).toBe(reason);
      await closed(connections[0]);
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    });

    it("while somebody waits for more rejects with its reason and ends the connection", async () => {
      const { origin, connections } = await serve((_request, response) => void response.write("a"));
      const controller = new AbortController();
      const response = await get(origin, { signal: controller.signal });
      expect(text(await response.read())).toBe("a");
      const reading = failureOf(response.read());
      controller.abort(reason);
      expect(await reading).toBe(reason);
      expect(await failureOf(response.read())).toBe(reason);
      await closed(connections[0]);
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    });

    it("between two reads goes before bytes that wait", async () => {
      const { origin, connections } = await serve((_request, response) => void response.write("a"));
      const controller = new AbortController();
      const response = await get(origin, { signal: controller.signal });
      controller.abort(reason);
      expect(await failureOf(response.read())).toBe(reason);
      await closed(connections[0]);
    });

    it("after the whole body has come still rejects", async () => {
      const { origin } = await serve((_request, response) => response.end("a"));
      const controller = new AbortController();
      const response = await get(origin, { signal: controller.signal });
      await readAll(response);
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
      controller.abort(reason);
      expect(await failureOf(response.read())).toBe(reason);
    });

    it("can be the reason undefined's default as well", async () => {
      const { origin } = await serve(() => undefined);
      const controller = new AbortController();
      const sending = failureOf(get(origin, { signal: controller.signal }));
      controller.abort();
      expect(await sending).toBe(controller.signal.reason);
    });
  });

  it("leaves no listener and no timer after any ending", async () => {
    const { origin } = await serve((_request, response) => response.end("a"));
    const cut = await serveRaw((socket) => socket.end(`${HEAD}content-length: 9\r\n\r\na`));
    const gone = await serveAndLeave();
    const { signal } = new AbortController();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await readAll(await get(origin, { signal }));
    await failureOf(get(cut.origin, { signal }).then(readAll));
    await failureOf(get(gone.origin, { signal }));
    expect(getEventListeners(signal, "abort")).toEqual([]);
    if (ownsTimers) expect(vi.getTimerCount()).toBe(0);
  });

  describe("discard", () => {
    it("ends the connection of a body that goes on", async () => {
      const { origin, connections } = await serve((_request, response) => pour(response));
      const { signal } = new AbortController();
      const response = await get(origin, { signal });
      await response.read();
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }); // its length ends it, not the time
      response.discard();
      expect(getEventListeners(signal, "abort")).toEqual([]);
      expect(await response.read()).toBeUndefined();
      await closed(connections[0]);
    });

    it("ends the connection of a body that stays silent", async () => {
      const { origin, connections } = await serve((_request, response) => void response.write("a"));
      const response = await get(origin);
      await response.read();
      response.discard();
      response.discard();
      await closed(connections[0]);
    });

    it("frees a reader who waits", async () => {
      const { origin } = await serve((_request, response) => void response.write("a"));
      const response = await get(origin);
      await response.read();
      const reading = response.read();
      response.discard();
      expect(await reading).toBeUndefined();
    });

    it("keeps the connection of a body whose end comes at once", async () => {
      const last = gate();
      const { origin, connections } = await serve(async (_request, response) => {
        response.write("data: done\n\n");
        await last.opened;
        response.end("data: [DONE]\n\n");
      });
      const made = client();
      const send = (): Promise<HttpResponse> => made.send({ method: "GET", url: origin, headers: {} }, IDLE);
      const response = await send();
      await response.read();
      response.discard();
      last.open();
      await settled(() => connections[0]?.bytesWritten ?? 0);
      await readAll(await send());
      expect(connections).toHaveLength(1);
    });
  });

  describe("readText", () => {
    it("reads the whole body", async () => {
      const { origin } = await serve((_request, response) => response.end("ä€🙂"));
      expect(await readText(await get(origin), 100)).toBe("ä€🙂");
    });

    it("cuts a long body, never inside a character, and discards the rest", async () => {
      const { origin, connections } = await serve((_request, response) => {
        response.write("ä€🙂");
        pour(response);
      });
      expect(await readText(await get(origin), 8)).toBe("ä€");
      await closed(connections[0]);
    });

    it("is content with what came before a cut", async () => {
      const { origin } = await serveRaw((socket) => socket.end(`${HEAD}content-length: 99\r\n\r\n{"error":`));
      expect(await readText(await get(origin), 100)).toBe('{"error":');
    });

    it("rejects when aborted", async () => {
      const { origin } = await serve((_request, response) => void response.write("a"));
      const controller = new AbortController();
      const reading = failureOf(readText(await get(origin, { signal: controller.signal }), 100));
      controller.abort("over");
      expect(await reading).toBe("over");
    });
  });
});

it.each<[what: string, answer: () => unknown]>([
  ["nothing", () => undefined],
  [
    "a body that somebody reads already",
    () => {
      const answer = new Response("text");
      answer.body?.getReader();
      return answer;
    },
  ],
  [
    "a body of texts",
    () => ({
      status: 200,
      headers: new Headers(),
      body: new ReadableStream({
        start: (controller) => controller.enqueue("text"),
      }),
    }),
  ],
])("says that a fetch gave %s", async (_what, answer) => {
  const made = createHttpClient({ fetch: () => Promise.resolve(answer() as Response) });
  const controller = new AbortController();
  const reading = made
    .send(
      { method: "GET", url: "http://127.0.0.1:1/", headers: {} },
      { signal: controller.signal, idleTimeoutMs: 60_000 },
    )
    .then((response) => response.read());
  await expect(reading).rejects.toMatchObject({
    code: "protocol",
    message: expect.stringContaining("fetch") as string,
  });
  expect(getEventListeners(controller.signal, "abort")).toEqual([]);
});

it("does not depend on a fetch that heeds signals", async () => {
  const made = createHttpClient({ fetch: () => new Promise(() => undefined) });
  const send = (options: { signal?: AbortSignal; idleTimeoutMs: number }): Promise<HttpResponse> =>
    made.send({ method: "GET", url: "http://127.0.0.1:1/", headers: {} }, options);
  const controller = new AbortController();
  const sending = failureOf(send({ signal: controller.signal, ...IDLE }));
  controller.abort("over");
  expect(await sending).toBe("over");
  expect((await providerErrorOf(send({ idleTimeoutMs: 20 }))).code).toBe("timeout");
});

/** Writes until the other side has enough. */
function pour(response: ServerResponse): void {
  const piece = Buffer.alloc(64 * 1024, "x");
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
  };
  response.on("drain", more);
  more();
}

/** Resolves when a count has stopped growing. */
async function settled(count: () => number): Promise<void> {
  for (let before = -1; before !== count();) {
    before = count();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** An address where somebody listened a moment ago. */
async function serveAndLeave(): Promise<{ origin: string; port: number }> {
  const { createServer } = await import("node:net");
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  server.close();
  await once(server, "close");
  return { origin: `http://127.0.0.1:${port}`, port };
}
