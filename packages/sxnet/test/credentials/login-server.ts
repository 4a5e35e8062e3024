import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { createHttpClient } from "../../src/http.js";
import type { LoginService } from "../../src/credentials/login/login-request.js";

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** `drop`: the connection is reset in place of an answer. */
export type Reply = "drop" | { readonly status: number; readonly body?: unknown; readonly retryAfter?: string };

/** An issuer that answers each path with the next of its replies; the last one stays. */
export class LoginServer {
  readonly seen: SeenRequest[] = [];
  readonly abort = new AbortController();
  #origin = "";

  private constructor(private readonly replies: Readonly<Record<string, readonly Reply[]>>) {}

  static async start(replies: Readonly<Record<string, readonly Reply[]>>): Promise<LoginServer> {
    const self = new LoginServer(replies);
    const server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => {
        const path = request.url ?? "";
        const earlier = self.count(path);
        self.seen.push({ path, headers: request.headers, body });
        const list = self.replies[path] ?? [{ status: 404 }];
        const reply = list[Math.min(earlier, list.length - 1)] ?? "drop";
        if (reply === "drop") {
          request.socket.resetAndDestroy();
          return;
        }
        const text = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body ?? {});
        response.writeHead(reply.status, reply.retryAfter === undefined ? {} : { "retry-after": reply.retryAfter });
        response.end(text);
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    self.#origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return self;
  }

  count(path: string): number {
    return this.seen.filter((one) => one.path === path).length;
  }

  service(): LoginService {
    const http = createHttpClient();
    onTestFinished(() => http.close());
    return { issuer: this.#origin, http, signal: this.abort.signal };
  }
}

function jwt(claims: Readonly<Record<string, unknown>>): string {
  return [{ alg: "RS256" }, claims, "s"]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
}

/** What a token endpoint gives for a code. */
export const GRANT = {
  access_token: jwt({ exp: 4_000_000_000 }),
  refresh_token: "rt_SECRET",
  id_token: jwt({ email: "me@example.com" }),
  expires_in: 864_000,
};
