import { getEventListeners } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { isForUs, parseGitRequest, readGitRequest } from "../src/git-request.js";

const NOTHING = { protocol: undefined, host: undefined, username: undefined, understandsBearer: false };

describe("parseGitRequest", () => {
  it.each([
    ["", NOTHING],
    ["protocol=https\nhost=ChatGPT.com\n\nhost=evil\n", { ...NOTHING, protocol: "https", host: "chatgpt.com" }],
    ["protocol=https\r\nhost=h:8\r\n\r\n", { ...NOTHING, protocol: "https", host: "h:8" }],
    [
      "capability[]=state\ncapability[]=authtype\nusername=a=b",
      { ...NOTHING, username: "a=b", understandsBearer: true },
    ],
    ["junk\nfuture=1\n", NOTHING],
  ])("reads %j", (text, expected) => {
    expect(parseGitRequest(text)).toEqual(expected);
  });
});

describe("readGitRequest", () => {
  it("ends at the empty line although the pipe stays open", async () => {
    const stdin = new PassThrough();
    const reading = readGitRequest(stdin, new AbortController().signal);
    for (const part of ["prot", "ocol=https\nhost=h\n", "\n"]) stdin.write(part);
    expect(await reading).toEqual({ ...NOTHING, protocol: "https", host: "h" });
  });

  it("ends at the end, and reads no endless input", async () => {
    const { signal } = new AbortController();
    expect(await readGitRequest(Readable.from(["host=h"]), signal)).toMatchObject({ host: "h" });
    const endless = Readable.from(
      (function* () {
        for (;;) yield "x".repeat(1000);
      })(),
    );
    expect(await readGitRequest(endless, signal)).toEqual(NOTHING);
  });

  it("ends on abort", async () => {
    const controller = new AbortController();
    const reading = readGitRequest(new PassThrough(), controller.signal);
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });
});

describe("isForUs", () => {
  it.each([
    ["https", "chatgpt.com", {}, true],
    ["http", "chatgpt.com", {}, false],
    ["https", "github.com", {}, false],
    ["https", "chatgpt.com.evil.example", {}, false],
    ["https", "chatgpt.com:8443", {}, false],
    ["http", "127.0.0.1:9000", { CODEX_BASE_URL: "http://127.0.0.1:9000/backend-api/codex" }, true],
    ["https", "chatgpt.com", { CODEX_BASE_URL: "http://127.0.0.1:9000" }, false],
    [undefined, undefined, {}, false],
  ])("%s://%s with %j: %s", (protocol, host, settings, expected) => {
    expect(isForUs({ ...NOTHING, protocol, host }, settings)).toBe(expected);
  });
});
