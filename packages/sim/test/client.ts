import { request } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import type { Sim } from "../src/index.js";
import { type RawGot, rawRequest } from "./raw-client.js";

/** What came back, and how it ended. */
export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** `complete`, or the code of the error that ended the body. */
  readonly end: string;
}

export const AUTHORIZATION = "Bearer test-access";

/** A request body that the Codex backend would take, with `extra` laid over it. */
export function codexBody(text: string, extra: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    model: "gpt-5.5",
    instructions: "You are a test.",
    input: [userItem(text)],
    tools: [],
    tool_choice: "auto",
    parallel_tool_calls: true,
    store: false,
    stream: true,
    include: ["reasoning.encrypted_content"],
    prompt_cache_key: "session-1",
    ...extra,
  };
}

export function userItem(text: string): Record<string, unknown> {
  return { type: "message", role: "user", content: [{ type: "input_text", text }] };
}

export async function post(
  sim: Pick<Sim, "url">,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  path = "/backend-api/codex/responses",
): Promise<Got> {
  return send(`${sim.url}${path}`, {
    method: "POST",
    headers: { authorization: AUTHORIZATION, "content-type": "application/json", version: "0.169.0", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** One request on a connection of its own; never rejects once there is a status. */
export async function send(
  url: string,
  options: { method: string; headers: Readonly<Record<string, string>>; body?: string },
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: options.method, headers: options.headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      const settle = (end: string): void =>
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
          body: Buffer.concat(parts).toString("utf8"),
          end,
        });
      response.on("data", (chunk: Buffer) => parts.push(chunk));
      response.on("end", () => settle("complete"));
      response.on("error", (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    });
    sent.on("error", reject);
    sent.end(options.body);
  });
}

/** The same over a bare connection; `until` says when it has seen enough, and it then hangs up. */
export function rawPost(sim: Pick<Sim, "port">, body: unknown, until?: (text: string) => boolean): Promise<RawGot> {
  return rawRequest(sim.port, {
    method: "POST",
    path: "/backend-api/codex/responses",
    headers: [`authorization: ${AUTHORIZATION}`, "version: 0.169.0"],
    body: JSON.stringify(body),
    ...(until === undefined ? {} : { until }),
  });
}

/** The events of a stream body, in order. */
export function eventsOf(body: string): readonly Readonly<Record<string, unknown>>[] {
  return body
    .split(/\r?\n\r?\n/)
    .flatMap((frame) => frame.split(/\r?\n/).filter((line) => line.startsWith("data: ")))
    .map((line) => JSON.parse(line.slice("data: ".length)) as Record<string, unknown>);
}

/** The text of all deltas of one event type. */
export function joinDeltas(body: string, type: string): string {
  return eventsOf(body)
    .filter((event) => event["type"] === type)
    .map((event) => String(event["delta"]))
    .join("");
}

/** An origin on which nothing listens: a port that the system has just given and got back. */
export async function closedOrigin(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}
