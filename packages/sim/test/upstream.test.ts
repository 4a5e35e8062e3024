import { describe, expect, it } from "vitest";
import { parseUpstream, upstreamUrl } from "../src/upstream.js";

describe("upstream", () => {
  it.each([
    ["https://chatgpt.com", "/backend-api/codex/responses", "", "https://chatgpt.com/backend-api/codex/responses"],
    [
      "https://chatgpt.com/backend-api/codex",
      "/backend-api/codex/models",
      "a=b",
      "https://chatgpt.com/backend-api/codex/models?a=b",
    ],
    ["https://host/prefix/", "/v1/responses", "", "https://host/prefix/v1/responses"],
    ["http://127.0.0.1:80/v1", "/v10/x", "", "http://127.0.0.1/v1/v10/x"],
    ["https://host", "//evil.invalid/x", "", "https://host//evil.invalid/x"],
  ])("%s and %s", (upstream, path, query, url) => {
    expect(upstreamUrl(parseUpstream(upstream), path, query).href).toBe(url);
  });

  it.each([
    ["chatgpt.com", "give the service's address"],
    ["file:///etc/passwd", "give the service's address"],
    ["http://example.com", "would get credentials in clear; use https"],
    ["http://127.0.0.1.example.com", "use https"],
    ["https://user:pass@host", "has a user, a query or a fragment"],
    ["https://host/?key=1", "has a user, a query or a fragment"],
  ])("refuses %s", (value, message) => {
    expect(() => parseUpstream(value)).toThrow(message);
  });
});
