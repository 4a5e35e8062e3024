import type { Agent, ClientRequestArgs, IncomingMessage } from "node:http";
import { isIP, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import { ProviderError } from "./errors.js";
import { requestError } from "./http-errors.js";
import type { Proxy } from "./http-proxy.js";

const MAX_HEADER_BYTES = 16 * 1024;

/** What a request hands to its agent beside node's own options. */
export interface TunnelRequest extends ClientRequestArgs {
  /** Ends the building of the tunnel; afterwards the connection is the request's own affair. */
  readonly tunnelSignal?: AbortSignal;
}

interface TunnelOptions {
  readonly proxy: Proxy;
  /** TLS to the server, inside the tunnel. */
  readonly isSecure: boolean;
  readonly secureContext: SecureContext | undefined;
  /** Where further authorities are from, for messages. */
  readonly caName?: string | undefined;
}

/** From now on `agent` connects through the proxy. The name of the server is looked up there. */
export function tunnelThrough(agent: Agent, options: TunnelOptions): void {
  agent.createConnection = (request: TunnelRequest, callback) => {
    void connect(request, options, callback as unknown as Connected);
    return undefined;
  };
}

type Connected = (error: unknown, socket?: Socket) => void;

async function connect(request: TunnelRequest, options: TunnelOptions, connected: Connected): Promise<void> {
  let socket: Socket;
  try {
    const tunnel = await openTunnel(request, options);
    socket = options.isSecure ? secure(tunnel, request, options) : tunnel;
  } catch (error) {
    connected(error);
    return;
  }
  connected(null, socket);
}

/** The handshake goes on while the socket is handed over, as with a direct connection. */
function secure(socket: Socket, { host }: TunnelRequest, { secureContext }: TunnelOptions): Socket {
  const name = host ?? "";
  return connectTls({
    socket,
    host: name,
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ALPNProtocols: ["http/1.1"],
    rejectUnauthorized: true,
    ...(secureContext === undefined ? {} : { secureContext }),
  });
}

async function openTunnel(request: TunnelRequest, options: TunnelOptions): Promise<Socket> {
  const { proxy, secureContext, caName } = options;
  const signal = request.tunnelSignal;
  const host = request.host ?? "";
  const target = `${isIP(host) === 6 ? `[${host}]` : host}:${request.port ?? (options.isSecure ? 443 : 80)}`;
  const http = proxy.url.protocol === "https:" ? await import("node:https") : await import("node:http");
  signal?.throwIfAborted();
  const { hostname, port } = proxy.url;
  const outgoing = http.request({
    method: "CONNECT",
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? undefined : port,
    path: target,
    headers: {
      host: target,
      ...(proxy.authorization === undefined ? {} : { "proxy-authorization": proxy.authorization }),
    },
    agent: false,
    ...(proxy.url.protocol === "https:" ? { rejectUnauthorized: true } : {}),
    maxHeaderSize: MAX_HEADER_BYTES,
    ...(secureContext === undefined ? {} : { secureContext }),
  });
  const abort = (): void => void outgoing.destroy(signal?.reason as Error);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await new Promise<Socket>((resolve, reject) => {
      outgoing.once("connect", (answer, socket, head) => {
        if (answer.statusCode === 200) {
          if (head.length > 0) socket.unshift(head);
          resolve(socket);
          return;
        }
        socket.destroy();
        reject(refusal(answer, proxy, target));
      });
      // Only a server that takes CONNECT for an ordinary request comes here.
      outgoing.once("response", (answer) => {
        outgoing.destroy();
        reject(refusal(answer, proxy, target));
      });
      outgoing.on("error", (error) => {
        reject(signal?.aborted === true ? error : requestError(error, `the proxy ${proxy.place}`, caName));
      });
      outgoing.end();
    });
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** Source: RFC 9110 9.3.6 "CONNECT" and 15.5.8 "407 Proxy Authentication Required", read 2026-11-20. */
function refusal(answer: IncomingMessage, proxy: Proxy, target: string): ProviderError {
  const status = answer.statusCode ?? 0;
  const name = `the proxy ${proxy.place}`;
  if (status === 407) {
    const advice =
      proxy.authorization === undefined
        ? "wants a user name and a password; put them into its address, as in http://user:password@host:port"
        : "refused the user name and the password in its address; correct them";
    return new ProviderError("network", `${name} ${advice}`, { retryable: false });
  }
  if (status >= 500) {
    return new ProviderError("network", `${name} could not connect to ${target} (status ${status}); try again`);
  }
  const message = `${name} does not connect to ${target} (status ${status}); ask who runs it, or except the host in NO_PROXY`;
  return new ProviderError("network", message, { retryable: false });
}
