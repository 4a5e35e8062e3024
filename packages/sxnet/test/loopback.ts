import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createRawServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A server on 127.0.0.1 for one test; it and its connections are gone when the test ends. */
export interface Loopback {
  readonly origin: string;
  readonly port: number;
  /** Every connection so far, in order. */
  readonly connections: readonly Socket[];
}

/** Serves real HTTP. */
export function serve(listener: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<Loopback> {
  return listen(createServer({ keepAliveTimeout: 0 }, (request, response) => void listener(request, response)));
}

/** Serves whatever bytes `talk` writes. `head` is what came until the empty line of a request. */
export function serveRaw(talk: (socket: Socket, head: string) => unknown): Promise<Loopback> {
  return listen(
    createRawServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => undefined); // the client may be gone already
      let head = "";
      socket.on("data", (bytes: Buffer) => {
        head += bytes.toString("latin1");
        if (!head.includes("\r\n\r\n")) return;
        const whole = head;
        head = "";
        talk(socket, whole);
      });
    }),
  );
}

/** `connection` is the event that hands out raw sockets; a TLS server has another for decrypted ones. */
export async function listen(server: Server): Promise<Loopback> {
  const connections: Socket[] = [];
  server.on("connection", (socket: Socket) => connections.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    const closed = once(server, "close");
    server.close();
    for (const socket of connections) socket.destroy();
    await closed;
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { origin: `http://127.0.0.1:${port}`, port, connections };
}

/** Resolves when the other side has closed the connection. */
export async function closed(socket: Socket | undefined): Promise<void> {
  if (socket === undefined) throw new Error("there was no such connection");
  socket.resume();
  if (!socket.destroyed && !socket.readableEnded) {
    await new Promise<void>((resolve) => {
      for (const event of ["end", "close", "error"]) socket.once(event, () => resolve());
    });
  }
}

/** A promise and its resolver, for what a server waits for. */
export function gate<T = void>(): { readonly opened: Promise<T>; readonly open: (value: T) => void } {
  let open: (value: T) => void = () => undefined;
  const opened = new Promise<T>((resolve) => (open = resolve));
  return { opened, open: (value) => open(value) };
}
