import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { createHttpClient, type HttpClient, type HttpClientOptions, type HttpResponse } from "../src/http.js";
import { closed, gate, listen, serve, serveRaw } from "./loopback.js";

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const IDLE = { idleTimeoutMs: 30_000 };

function client(options?: HttpClientOptions): HttpClient {
  const made = createHttpClient(options);
  onTestFinished(() => made.close());
  return made;
}

function post(made: HttpClient, url: string, body = "{}", options = {}): Promise<HttpResponse> {
  return made.send({ method: "POST", url, headers: {}, body }, { ...IDLE, ...options });
}

async function textOf(response: HttpResponse): Promise<string> {
  let text = "";
  for (let bytes = await response.read(); bytes !== undefined; bytes = await response.read()) {
    text += new TextDecoder().decode(bytes);
  }
  return text;
}

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

describe("connections", () => {
  it("are kept between requests", async () => {
    const { origin, connections } = await serve((_request, response) => response.end("ok"));
    const made = client();
    for (let round = 0; round < 5; round++) expect(await textOf(await post(made, origin))).toBe("ok");
    expect(connections).toHaveLength(1);
  });

  it("are as many as there are requests at once", async () => {
    const all = gate();
    let arrived = 0;
    const { origin, connections } = await serve(async (_request, response) => {
      if (++arrived === 5) all.open();
      await all.opened;
      response.end("ok");
    });
    const made = client();
    const answers = await Promise.all(Array.from({ length: 5 }, async () => textOf(await post(made, origin))));
    expect(answers).toEqual(Array(5).fill("ok"));
    expect(connections).toHaveLength(5);
  });

  it("that are idle end with close(), and the client stays usable", async () => {
    const { origin, connections } = await serve((_request, response) => response.end("ok"));
    const made = client();
    await textOf(await post(made, origin));
    made.close();
    await closed(connections[0]);
    expect(await textOf(await post(made, origin))).toBe("ok");
    expect(connections).toHaveLength(2);
  });

  it("in use survive close(), and are not kept afterwards", async () => {
    const go = gate();
    const { origin, connections } = await serve(async (_request, response) => {
      response.write("o");
      await go.opened;
      response.end("k");
    });
    const made = client();
    const response = await post(made, origin);
    made.close();
    go.open();
    expect(await textOf(response)).toBe("ok");
    await closed(connections[0]);
  });

  it("whose rest is being read away end with close()", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { origin, connections } = await serve((_request, response) => void response.write("a"));
    const made = client();
    const response = await post(made, origin);
    await response.read();
    response.discard();
    made.close();
    await closed(connections[0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leave nothing in the event loop when idle, discarded or ended", async () => {
    const { origin, connections } = await serve((request, response) => {
      response.write("a");
      if (request.url === "/end") response.end();
    });
    const made = client();
    const controller = new AbortController();
    await textOf(await post(made, `${origin}/end`));
    const aborted = await post(made, origin, "{}", { signal: controller.signal });
    controller.abort();
    const discarded = await post(made, origin);
    await discarded.read();
    discarded.discard();
    for (const socket of connections) socket.unref();
    await expect(aborted.read()).rejects.toBe(controller.signal.reason);
    await closed(connections[0]);
    // What remains are the listening server and, unreferenced and hence not listed, the connections.
    expect(process.getActiveResourcesInfo().filter((name) => /^(TCPSocket|TCPConnect|TLS)/.test(name))).toEqual([]);
  });

  it("that were cut while the reader was away still give what had arrived", async () => {
    const half = Buffer.alloc(3 * 1024 * 1024, "x");
    const { origin, connections } = await serveRaw((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${2 * half.length}\r\n\r\n`);
      socket.end(half);
    });
    const response = await post(client(), origin);
    const [socket] = connections;
    let length = (await response.read())?.length ?? 0;
    // The reader is away until the client has paused and the rest waits in the sockets.
    for (let before = -1; before !== socket?.writableLength;) {
      before = socket?.writableLength ?? 0;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await expect(
      (async () => {
        for (let bytes = await response.read(); bytes !== undefined; bytes = await response.read())
          length += bytes.length;
      })(),
    ).rejects.toMatchObject({ code: "network" });
    expect(length).toBe(half.length);
  });

  it.each<[string, (socket: Socket) => void]>([
    ["closed", (socket) => void socket.end()],
    ["reset", (socket) => void socket.resetAndDestroy()],
  ])("that were %s after the reader had held them back lose nothing", async (_case, end) => {
    const most = Buffer.alloc(1024 * 1024, "x");
    const [taken, tailSent] = [gate(), gate()];
    const { origin, connections } = await serveRaw(async (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${2 * most.length}\r\n\r\n`);
      socket.write(most);
      await taken.opened;
      socket.write("tail");
      await tailSent.opened;
      end(socket);
    });
    const response = await post(client(), origin);
    // Two pauses that let the client take up what was sent; when they are too short, the test proves less.
    for (const step of [taken, tailSent]) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      step.open();
    }
    await closed(connections[0]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const text = new TextDecoder().decode(await response.read());
    expect(text.length).toBe(most.length + 4);
    expect(text.endsWith("xtail")).toBe(true);
    await expect(response.read()).rejects.toMatchObject({ code: "network" });
  });
});

describe("a kept connection that the server has closed", () => {
  /** Answers the first request of the first connection; what comes later is up to `talk`. */
  async function twoRequests(talk: (socket: Socket, count: number) => void): Promise<{
    second: Promise<HttpResponse>;
    requests: () => number;
    connections: readonly Socket[];
  }> {
    let count = 0;
    const { origin, connections } = await serveRaw((socket) => {
      count += 1;
      if (count === 1) socket.write(OK);
      else talk(socket, count);
    });
    const made = client();
    await textOf(await post(made, origin));
    return { second: post(made, origin), requests: () => count, connections };
  }

  it.each<[string, (socket: Socket) => void]>([
    ["closes", (socket) => void socket.end()],
    ["resets", (socket) => void socket.resetAndDestroy()],
  ])("is replaced by a fresh one when it %s before any byte of an answer", async (_case, end) => {
    const { second, requests, connections } = await twoRequests((socket, count) =>
      count === 2 ? end(socket) : socket.write(OK),
    );
    expect(await textOf(await second)).toBe("ok");
    expect(requests()).toBe(3);
    expect(connections).toHaveLength(2);
  });

  it("is replaced only once", async () => {
    const { second, requests, connections } = await twoRequests((socket) => void socket.resetAndDestroy());
    await expect(second).rejects.toMatchObject({ code: "network" });
    expect(requests()).toBe(3);
    expect(connections).toHaveLength(2);
  });

  it("is an error after the first byte of an answer", async () => {
    const { second, requests } = await twoRequests((socket) => void socket.end("HTTP/1.1 2"));
    await expect(second).rejects.toMatchObject({ code: "network" });
    expect(requests()).toBe(2);
  });

  it("is not replaced when it is merely silent", async () => {
    let count = 0;
    const { origin } = await serveRaw((socket) => {
      count += 1;
      if (count === 1) socket.write(OK);
    });
    const made = client();
    await textOf(await post(made, origin));
    await expect(post(made, origin, "{}", { idleTimeoutMs: 50 })).rejects.toMatchObject({ code: "timeout" });
    expect(count).toBe(2);
  });

  it("is not replaced after an abort", async () => {
    const controller = new AbortController();
    let count = 0;
    const { origin, connections } = await serveRaw((socket) => {
      count += 1;
      if (count === 1) socket.write(OK);
      else controller.abort("over");
    });
    const made = client();
    await textOf(await post(made, origin));
    await expect(post(made, origin, "{}", { signal: controller.signal })).rejects.toBe("over");
    await closed(connections[0]);
    expect(count).toBe(2);
  });
});

describe("an upload", () => {
  const body = "x".repeat(24 * 1024 * 1024);

  it("may be slow, as long as it moves", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const talking = gate<Socket>();
    const { origin } = await serveRaw((socket) => {
      socket.pause();
      talking.open(socket);
    });
    const sending = post(client(), origin, body, { idleTimeoutMs: 1000 });
    const socket = await talking.opened;
    socket.removeAllListeners("data");
    const receive = async (count: number): Promise<void> => {
      socket.resume();
      for (let left = count; left > 0;) left -= ((await once(socket, "data")) as [Buffer])[0].length;
      socket.pause();
    };
    for (let part = 1; part <= 5; part++) {
      vi.advanceTimersByTime(600);
      // More than the socket buffers hold, so that the client must have moved on.
      await receive(4 * 1024 * 1024);
    }
    socket.resume();
    socket.write(OK);
    expect(await textOf(await sending)).toBe("ok");
  });

  it("that stands still is the error timeout", async () => {
    const { origin } = await serveRaw((socket) => socket.pause());
    await expect(post(client(), origin, body, { idleTimeoutMs: 200 })).rejects.toMatchObject({ code: "timeout" });
  });

  it("ends when the answer comes before its end", async () => {
    const { origin, connections } = await serveRaw((socket) => {
      socket.removeAllListeners("data");
      socket.pause();
      socket.write("HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno");
    });
    const response = await post(client(), origin, body);
    expect(response.status).toBe(413);
    expect(await textOf(response)).toBe("no");
    await closed(connections[0]);
  });
});

it("reads answers of HTTP 1.0", async () => {
  const { origin } = await serveRaw((socket) => void socket.end("HTTP/1.0 200 OK\r\n\r\nok"));
  expect(await textOf(await post(client(), origin))).toBe("ok");
});

it("reads past interim answers", async () => {
  const { origin } = await serveRaw((socket) => void socket.write(`HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${OK}`));
  expect(await textOf(await post(client(), origin))).toBe("ok");
});

it("takes many pieces of one packet as one", async () => {
  const chunks = Array.from({ length: 50 }, (_, index) => `data: ${index}\n\n`);
  const { origin } = await serveRaw((socket) => {
    const body = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
    socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${body}`);
  });
  const response = await post(client(), origin);
  expect(new TextDecoder().decode(await response.read())).toBe(chunks.join(""));
});

it("refuses a compressed answer, which nobody asked for", async () => {
  const { origin, connections } = await serve((_request, response) => {
    response.writeHead(500, { "content-encoding": "gzip" });
    response.end(gzipSync("text"));
  });
  const error: unknown = await post(client(), origin).catch((error: unknown) => error);
  expect(error).toMatchObject({
    code: "protocol",
    status: 500,
    message: expect.stringContaining('compressed ("gzip")'),
  });
  await closed(connections[0]);
});

it("opens nothing before the first request", () => {
  const before = process.getActiveResourcesInfo();
  createHttpClient();
  expect(process.getActiveResourcesInfo()).toEqual(before);
});

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
if (!hasOpenssl) console.warn("SKIPPED: the TLS tests of http-node need the program openssl, which is not here");

describe.skipIf(!hasOpenssl)("TLS", () => {
  let key: Buffer;
  let cert: Buffer;

  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), "sxnet-tls-"));
    try {
      const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
      const names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
      const kind = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
      ];
      execFileSync("openssl", [...kind, ...names, "-keyout", keyFile, "-out", certFile], { stdio: "ignore" });
      key = readFileSync(keyFile);
      cert = readFileSync(certFile);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("refuses a certificate that nobody vouches for, and says so", async () => {
    const { port } = await listen(createTlsServer({ key, cert }, (_request, response) => response.end("ok")));
    await expect(post(client(), `https://127.0.0.1:${port}/secret`)).rejects.toMatchObject({
      code: "network",
      retryable: false,
      message: `cannot reach 127.0.0.1:${port}: the certificate of the server is not trusted; if a proxy or a private authority signs it, set SX_CA_FILE or NODE_EXTRA_CA_CERTS`,
    });
  });

  it("says when the server speaks no TLS", async () => {
    const { port } = await serve((_request, response) => response.end("ok"));
    await expect(post(client(), `https://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: "network",
      retryable: false,
      message: expect.stringMatching(/speaks no TLS that we understand; check the port/),
    });
  });

  it("is not talked out of that by the environment", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    const { port } = await listen(createTlsServer({ key, cert }, (_request, response) => response.end("ok")));
    await expect(post(client(), `https://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: "network" });
  });

  it("keeps trusted connections, and replaces one that the server has closed", async () => {
    let count = 0;
    const server = createTlsServer({ key, cert, keepAliveTimeout: 0 }, (request, response) => {
      count += 1;
      if (count === 3) request.socket.destroy();
      else response.end("ok");
    });
    const { port, connections } = await listen(server);
    const made = client({ ca: [cert.toString()] });
    const rounds: string[] = [];
    for (let round = 0; round < 3; round++) rounds.push(await textOf(await post(made, `https://127.0.0.1:${port}/`)));
    expect(rounds).toEqual(["ok", "ok", "ok"]);
    expect(count).toBe(4);
    expect(connections).toHaveLength(2);
  });

  it("counts a handshake that stands still as part of connecting", async () => {
    const { port, connections } = await serveRaw(() => undefined);
    const made = client({ connectTimeoutMs: 100 });
    await expect(post(made, `https://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: "timeout",
      message: `no connection to 127.0.0.1:${port} for 100 ms; try again`,
    });
    await closed(connections[0]);
  });

  it("can be aborted inside the handshake", async () => {
    const { port, connections } = await serveRaw(() => undefined);
    const controller = new AbortController();
    const sending = post(client(), `https://127.0.0.1:${port}/`, "{}", { signal: controller.signal });
    const rejected = expect(sending).rejects.toBe("over");
    while (connections.length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort("over");
    await rejected;
    await closed(connections[0]);
  });
});
