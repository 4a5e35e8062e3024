import { connect } from "node:net";

/** What a bare connection reads. One character of `text` for each byte. */
export interface RawGot {
  readonly text: string;
  readonly pieces: readonly number[];
  /** `end` (FIN), an error code such as ECONNRESET, or `left`: this side hung up. */
  readonly end: string;
}

export async function rawRequest(
  port: number,
  request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: readonly string[];
    /** Sent as JSON. */
    readonly body?: string;
    /** When it has seen enough, this side hangs up. */
    readonly until?: (text: string) => boolean;
  },
): Promise<RawGot> {
  const { method, path, headers = [], body = "", until } = request;
  const head = [
    `${method} ${path} HTTP/1.1`,
    "host: 127.0.0.1",
    "connection: close",
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    ...headers,
  ].join("\r\n");
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(`${head}\r\n\r\n${body}`));
    const parts: Buffer[] = [];
    const settle = (end: string): void => {
      socket.destroy();
      resolve({ text: Buffer.concat(parts).toString("latin1"), pieces: parts.map((part) => part.length), end });
    };
    socket.on("data", (chunk: Buffer) => {
      parts.push(chunk);
      if (until?.(Buffer.concat(parts).toString("latin1")) === true) settle("left");
    });
    socket.on("end", () => settle("end"));
    socket.on("error", (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
  });
}
