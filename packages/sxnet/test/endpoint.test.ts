import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolveEndpoint } from "../src/endpoint.js";

const CHAT = "https://api.openai.com/v1/chat/completions";
const CODEX = "https://chatgpt.com/backend-api/codex/responses";
const MESSAGES = "https://api.anthropic.com/v1/messages";

function resolve(value: string | undefined, fallback: string): string {
  return resolveEndpoint(value, { key: "SOME_URL", provider: "some", fallback });
}

describe("resolveEndpoint", () => {
  it.each([
    ["unset", undefined, CHAT, CHAT],
    ["empty", "  ", CHAT, CHAT],
    ["an origin", "https://host", CHAT, "https://host/v1/chat/completions"],
    ["an origin and slash", "https://host/", CHAT, "https://host/v1/chat/completions"],
    ["a port", "https://host:8443", CHAT, "https://host:8443/v1/chat/completions"],
    ["the default port", "https://host:443", CHAT, "https://host/v1/chat/completions"],
    ["a prefix", "https://host/openai", CHAT, "https://host/openai/v1/chat/completions"],
    ["a prefix and slashes", "https://host//openai//", CHAT, "https://host/openai/v1/chat/completions"],
    ["the version", "https://host/v1", CHAT, "https://host/v1/chat/completions"],
    ["the version and slash", "https://host/v1/", CHAT, "https://host/v1/chat/completions"],
    ["prefix and version", "https://host/openai/v1", CHAT, "https://host/openai/v1/chat/completions"],
    ["half an endpoint", "https://host/v1/chat", CHAT, "https://host/v1/chat/completions"],
    ["a full endpoint", "https://host/v1/chat/completions", CHAT, "https://host/v1/chat/completions"],
    ["a full endpoint with prefix", "https://host/a/b/v1/messages", MESSAGES, "https://host/a/b/v1/messages"],
    ["another version", "https://host/v2", CHAT, "https://host/v2/v1/chat/completions"],
    [
      "up to /codex",
      "http://127.0.0.1:9000/backend-api/codex",
      CODEX,
      "http://127.0.0.1:9000/backend-api/codex/responses",
    ],
    ["the parent of /codex", "https://host/backend-api", CODEX, "https://host/backend-api/codex/responses"],
    ["white space around", " https://host/v1 ", CHAT, "https://host/v1/chat/completions"],
    ["capitals", "HTTPS://HOST/v1", CHAT, "https://host/v1/chat/completions"],
    ["dots in the path", "https://host/a/../v1", CHAT, "https://host/v1/chat/completions"],
    ["an at sign in the path", "https://host/a@b", MESSAGES, "https://host/a@b/v1/messages"],
    ["localhost", "http://localhost:1234/v1", CHAT, "http://localhost:1234/v1/chat/completions"],
    ["another loopback address", "http://127.8.9.10", MESSAGES, "http://127.8.9.10/v1/messages"],
    ["a short loopback address", "http://127.1", MESSAGES, "http://127.0.0.1/v1/messages"],
    ["IPv6 loopback", "http://[::1]:80", MESSAGES, "http://[::1]/v1/messages"],
    ["a default with a query", "https://host", "https://x/v1/y?alt=sse", "https://host/v1/y?alt=sse"],
  ])("accepts %s", (_name, value, fallback, expected) => {
    expect(resolve(value, fallback)).toBe(expected);
  });

  it.each([
    ["no scheme", "host/v1", /is "host\/v1"; give an address/],
    ["a port without scheme", "localhost:8080", /is "localhost:8080"; begin it with https:\/\//],
    ["another scheme", "ftp://host", /begin it with https:\/\//],
    ["a file", "file:///etc/passwd", /begin it with https:\/\//],
    ["no host", "https://", /is "https:\/\/"; give an address/],
    ["words", "my server", /white space/],
    ["a line end inside", "https://ho\nst", /"https:\/\/ho\\nst"; remove white space/],
    ["a control character", "https://host/\u0007", /white space/],
    ["a backslash", "https://good\\@evil", /backslash/],
    ["an empty user", "https://@host", /"https:\/\/\*\*\*@host"; remove the user name/],
    ["a query", "https://host/v1?a=b", /"https:\/\/host\/v1\?\*\*\*"; remove everything from the \?/],
    ["an empty query", "https://host/v1?", /remove everything from the \?/],
    ["a fragment", "https://host/#x", /remove everything from the \? or #/],
    ["http elsewhere", "http://10.0.0.5:8080", /"http:\/\/10\.0\.0\.5:8080"; use https:\/\//],
    ["http to a name that begins like loopback", "http://127.0.0.1.evil.example", /use https/],
    ["http to a name that ends in localhost", "http://evil-localhost", /use https/],
    ["http to all addresses", "http://0.0.0.0:80", /use https/],
    ["http to a mapped address", "http://[::ffff:127.0.0.1]", /use https/],
  ])("refuses %s, showing the key and the value", (_name, value, message) => {
    expect(() => resolve(value, CHAT)).toThrowError(
      expect.objectContaining({ code: "configuration", key: "SOME_URL", provider: "some" }),
    );
    expect(() => resolve(value, CHAT)).toThrowError(message);
    expect(() => resolve(value, CHAT)).toThrowError(/^SOME_URL is "/);
  });

  const BARE = { key: "SOME_URL", provider: "some", fallback: CHAT, withoutSecrets: true };

  it.each([
    "http://10.0.0.5:8080",
    "http://172.16.0.1",
    "http://172.31.255.255",
    "http://192.168.1.20:11434",
    "http://169.254.3.4",
    "http://100.64.0.9",
    "http://gpu-box:11434",
    "http://gpu.local",
    "http://gpu.lan",
    "http://gpu.corp.internal",
    "http://gpu.home.arpa",
    "http://[fd12:3456::1]",
    "http://[fe80::1]",
  ])("takes %s in the local network when nothing secret goes there, and refuses a key", (value) => {
    expect(resolveEndpoint(value, BARE)).toBe(`${value}/v1/chat/completions`);
    expect(() => resolveEndpoint(value, { ...BARE, withoutSecrets: false })).toThrowError(/or send no key/);
    expect(() => resolve(value, CHAT)).toThrowError(/this machine only/);
  });

  it.each([
    "http://8.8.8.8",
    "http://172.15.0.1",
    "http://172.32.0.1",
    "http://192.169.0.1",
    "http://100.63.0.1",
    "http://100.128.0.1",
    "http://example.org",
    "http://local.example.org",
    "http://host.localhost.evil.example",
    "http://[2001:db8::1]",
    "http://[::ffff:10.0.0.1]",
    "http://0.0.0.0",
  ])("refuses %s in clear also without a key", (value) => {
    expect(() => resolveEndpoint(value, BARE)).toThrowError(/use https:\/\/; plain http is for this machine only/);
  });

  it.each([
    "https://me:geheim@host/v1",
    "https://geheim@host/v1",
    "https://:geheim@host/v1",
    "https://@geheim@host/v1",
    "https:geheim@host",
    "//me:geheim@host",
    "me:geheim@host",
    "https://host/?key=geheim",
    "https://host/#geheim",
    "https://me:geheim@host:99999",
  ])("never shows the secret in %s", (value) => {
    let message = "";
    try {
      resolve(value, CHAT);
    } catch (error) {
      message = error instanceof Error ? error.message : "";
    }
    expect(message).toMatch(/^SOME_URL is /);
    expect(message).not.toContain("geheim");
  });

  it("cuts a value that is very long", () => {
    expect(() => resolve(`x${"y".repeat(10_000)}`, CHAT)).toThrowError(/^.{1,400}$/);
  });

  it("changes nothing when applied to its own answer", () => {
    const segment = fc.constantFrom("v1", "chat", "completions", "a", "proxy", "messages");
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 4 }), fc.constantFrom(CHAT, CODEX, MESSAGES), (path, fallback) => {
        const once = resolve(`https://host:1/${path.join("/")}`, fallback);
        expect(resolve(once, fallback)).toBe(once);
        expect(once.endsWith(new URL(fallback).pathname.split("/").at(-1) ?? "?")).toBe(true);
      }),
    );
  });
});
