import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { checkBuilt, CommandRun, LOCK_KINDS, run } from "./command-run.js";
import { SampleHome } from "./sample-home.js";

const KEY = "KEY-SECRET-1";
/** Time enough for 200 processes on two busy cores. */
const LIMIT_MS = 300_000;

beforeAll(checkBuilt);

interface TokenServer {
  readonly url: string;
  /** The `authorization` of every request so far. */
  readonly requests: readonly (string | undefined)[];
}

async function serve(answer: (response: ServerResponse, count: number) => unknown): Promise<TokenServer> {
  const requests: (string | undefined)[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    requests.push(request.headers.authorization);
    answer(response, requests.length);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/codex`, requests };
}

function give(response: ServerResponse, count: number): void {
  response.end(JSON.stringify({ access_token: `token-${count}`, expires_in: 3600, account_id: "acc-1" }));
}

function remote(url: string): Record<string, string> {
  return { CODEX_TOKEN_SOURCE: "remote", CODEX_REMOTE_URL: url, TOKEN_HTTP_API_KEY: KEY };
}

function tokenFiles(sample: SampleHome): readonly string[] {
  const folder = join(sample.home, ".cache/scorpiox/tokens");
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  return readdirSync(folder).map((name) => join(folder, name));
}

describe("the remote source of the command", () => {
  it("prints the token server's token, and asks it once", async () => {
    const server = await serve(give);
    const sample = new SampleHome();
    for (let round = 0; round < 2; round += 1) {
      const ran = await run(sample, ["--format", "token"], remote(server.url));
      expect(ran).toEqual({ code: 0, stdout: "token-1\n", stderr: "" });
    }
    expect(server.requests).toEqual([`Bearer ${KEY}`]);
  });

  it.each([
    [401, 41],
    [403, 41],
    [404, 52],
    [429, 57],
    [500, 58],
  ])("says in one line that the status is %i, with the exit code %i", async (status, code) => {
    const server = await serve((response) => response.writeHead(status).end("<b>SECRET</b>\u001b[2J"));
    const ran = await run(new SampleHome(), ["--verbose"], remote(server.url));
    expect(ran).toMatchObject({ code, stdout: "" });
    expect(ran.stderr).toMatch(/^scorpiox-codex-fetchtoken: the token server 127\.0\.0\.1:\d+ [^\n]+\n$/u);
    expect(ran.stderr).toContain(`(status ${status})`);
    expect(ran.stderr).not.toContain("SECRET");
  });

  it("sends the user's key to no server that a project file names", async () => {
    const server = await serve(give);
    // Whoever ignored the project's server and went on would ask the default one: here, through a proxy that refuses.
    const proxied: string[] = [];
    const proxy = createServer().on("connect", (request: IncomingMessage, socket) => {
      proxied.push(`${request.url ?? ""} ${request.headers.authorization ?? "no key"}`);
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    onTestFinished(() => void proxy.close());
    const sample = new SampleHome();
    sample.put("project/scorpiox-env.txt", `CODEX_TOKEN_SOURCE=remote\nCODEX_REMOTE_URL=${server.url}\n`);
    const env = {
      TOKEN_HTTP_API_KEY: KEY,
      CODEX_TOKEN_SOURCE: "remote",
      HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    };
    const inProject = ["sh", "-c", 'cd project && exec "$@"', "sh"];
    const ran = await run(sample, [], env, inProject);
    expect(ran).toMatchObject({ code: 55, stdout: "" });
    expect(ran.stderr).toContain("CODEX_REMOTE_URL");
    expect(server.requests).toEqual([]);
    expect(proxied).toEqual([]);
  });

  it("recovers when whoever is fetching is killed", async () => {
    let asked: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (asked = resolve));
    const server = await serve((response, count) => (count === 1 ? asked() : give(response, count)));
    const sample = new SampleHome();
    const killed = new CommandRun(sample, ["--format", "token"], remote(server.url));
    await first;
    const waiting = run(sample, ["--format", "token"], remote(server.url));
    killed.kill("SIGKILL");
    await killed.done;
    expect(await waiting).toEqual({ code: 0, stdout: "token-2\n", stderr: "" });
  });
});

describe("200 processes at once", () => {
  const all = (sample: SampleHome, url: string, count: number, wrapper: readonly string[] = []) =>
    Promise.all(
      Array.from({ length: count }, () => run(sample, ["--format", "token", "--timeout", "250"], remote(url), wrapper)),
    );

  it(
    "make one request and print the same token",
    async () => {
      const server = await serve(give);
      const sample = new SampleHome();
      const ran = await all(sample, server.url, 200);
      for (const one of ran) expect(one).toEqual({ code: 0, stdout: "token-1\n", stderr: "" });
      expect(server.requests).toHaveLength(1);
      for (const file of tokenFiles(sample)) {
        expect(statSync(file).mode & 0o777).toBe(0o600);
        expect(readFileSync(file, "utf8")).not.toContain(KEY);
      }
    },
    LIMIT_MS,
  );

  it(
    "make one request also when the key is refused",
    async () => {
      const server = await serve((response) => response.writeHead(401).end());
      const ran = await all(new SampleHome(), server.url, 200);
      for (const { code, stdout, stderr } of ran) {
        expect({ code, stdout }).toEqual({ code: 41, stdout: "" });
        expect(stderr).toMatch(/^[^\n]*refused the key; correct TOKEN_HTTP_API_KEY[^\n]*\n$/u);
      }
      expect(server.requests).toHaveLength(1);
    },
    LIMIT_MS,
  );

  it.each(LOCK_KINDS.slice(1))(
    "are as good with $kind (fewer of them)",
    async ({ wrapper }) => {
      const server = await serve(give);
      const ran = await all(new SampleHome(), server.url, 40, wrapper);
      for (const one of ran) expect(one).toEqual({ code: 0, stdout: "token-1\n", stderr: "" });
      expect(server.requests).toHaveLength(1);
    },
    LIMIT_MS,
  );
});
