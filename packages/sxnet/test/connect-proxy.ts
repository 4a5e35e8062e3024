import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { listen, type Loopback } from "./loopback.js";

export interface ConnectProxy extends Loopback {
  /** `host:port` of every CONNECT, in order. */
  readonly targets: readonly string[];
  /** Their `proxy-authorization`. */
  readonly logins: readonly (string | undefined)[];
}

interface ConnectProxyOptions {
  /** Which port of this machine a target stands for; it is this proxy that knows the names. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Answers instead of connecting, when it says so. */
  readonly answer?: (request: IncomingMessage, socket: Socket) => boolean;
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A real proxy on 127.0.0.1 for one test: it makes tunnels, and nothing else. */
export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const targets: string[] = [];
  const logins: (string | undefined)[] = [];
  const server: Server = options.tls === undefined ? createServer() : createTlsServer(options.tls);
  const upstreams: Socket[] = [];
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    const target = request.url ?? "";
    targets.push(target);
    logins.push(request.headers["proxy-authorization"]);
    socket.on("error", () => undefined); // the client may be gone already
    if (options.answer?.(request, socket) === true) return;
    const port = options.ports?.[target] ?? Number(target.split(":").at(-1));
    const upstream = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    upstreams.push(upstream);
    upstream.on("error", () => socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
    upstream.on("close", () => socket.destroy());
    socket.on("close", () => upstream.destroy());
  });
  onTestFinished(() => {
    for (const upstream of upstreams) upstream.destroy();
  });
  return { ...(await listen(server)), targets, logins };
}
