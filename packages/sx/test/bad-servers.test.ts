import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { makePlace, spawnSx } from "./harness.js";

/** Every provider, pointed at a server. */
const PROVIDERS: Readonly<Record<string, (origin: string) => Readonly<Record<string, string>>>> = {
  claude_code: (origin) => ({ CLAUDE_CODE_API_URL: origin, CLAUDE_CODE_OAUTH_TOKEN: "sk-ant-oat01-made-up" }),
  anthropic: (origin) => ({ ANTHROPIC_API_URL: origin, ANTHROPIC_API_KEY: "k" }),
  gemini: (origin) => ({ GEMINI_BASE_URL: origin, GEMINI_API_KEY: "k" }),
  openai: (origin) => ({ OPENAI_BASE_URL: origin, OPENAI_API: "chat", MODEL: "any" }),
  "openai (responses)": (origin) => ({ OPENAI_BASE_URL: origin, OPENAI_API: "responses", MODEL: "any" }),
  scorpiox: (origin) => ({ ROUTER_URL: origin }),
};

const EVENT = "text/event-stream";

interface BadServer {
  readonly answer: (response: ServerResponse) => void;
  readonly code: number;
  readonly says: RegExp;
}

const SERVERS: Readonly<Record<string, BadServer>> = {
  "a page": {
    answer: (response) => {
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<!doctype html><title>Log in</title>");
    },
    code: 1,
    says: /with a web page instead of data/,
  },
  "nothing at all": {
    answer: (response) => {
      response.writeHead(200, { "content-type": EVENT });
      response.end();
    },
    code: 58,
    says: /stopped before its end/,
  },
  "a redirect": {
    answer: (response) => {
      response.writeHead(302, { location: "http://127.0.0.1:9/elsewhere" });
      response.end();
    },
    code: 1,
    says: /redirect, which is not followed/,
  },
  "a document of another type": {
    answer: (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end('{"ok":true}');
    },
    code: 1,
    says: /a document instead of a stream/,
  },
  "64 MB in one event": {
    answer: (response) => {
      response.writeHead(200, { "content-type": EVENT });
      const megabyte = "x".repeat(1_000_000);
      let left = 64;
      const send = (): void => {
        while (left > 0 && !response.destroyed) {
          left -= 1;
          if (!response.write(left === 63 ? `data: {"type":"${megabyte}` : megabyte)) return;
        }
        if (left === 0) response.end('"}\n\n');
      };
      response.on("drain", send);
      send();
    },
    code: 1,
    says: /an event of more than \d+ characters/,
  },
};

describe.each(Object.keys(PROVIDERS))("%s", (name) => {
  test.each(Object.keys(SERVERS))("meets %s with one plain error", async (kind) => {
    const bad = SERVERS[kind];
    const provider = PROVIDERS[name];
    if (bad === undefined || provider === undefined) throw new Error("no such row");
    const server = createServer((request, response) => {
      request.resume();
      bad.answer(response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = {
      PROVIDER: name.split(" ")[0] ?? "",
      AGENT_RETRY_MAX: "0",
      // What is read must fit: more than this ends the process with a code of its own.
      NODE_OPTIONS: "--max-old-space-size=160",
      ...provider(origin),
    };
    const outcome = await spawnSx(["-p", "hello", "--no-session"], { place: await makePlace(), env });
    expect(outcome.stdout).toBe("");
    expect(outcome.stderr).toMatch(bad.says);
    expect(outcome.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(outcome.stderr.length).toBeLessThan(1000);
    expect(outcome.code).toBe(bad.code);
  });
});
