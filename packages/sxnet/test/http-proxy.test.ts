import { describe, expect, it } from "vitest";
import { chooseProxy, parseProxy } from "../src/http-proxy.js";

describe("parseProxy", () => {
  it.each([
    ["http://proxy.test:3128", "http://proxy.test:3128/", "proxy.test:3128", undefined],
    ["proxy.test:3128", "http://proxy.test:3128/", "proxy.test:3128", undefined],
    ["https://proxy.test", "https://proxy.test/", "proxy.test:443", undefined],
    ["http://[::1]:3128/", "http://[::1]:3128/", "[::1]:3128", undefined],
    ["http://me:pa%3Ass@proxy.test:3128", "http://proxy.test:3128/", "proxy.test:3128", "me:pa:ss"],
    ["http://me@proxy.test", "http://proxy.test/", "proxy.test:80", "me:"],
    ["http://me:100%@proxy.test", "http://proxy.test/", "proxy.test:80", "me:100%"],
  ])("reads %s", (text, href, place, login) => {
    const proxy = parseProxy(text);
    expect([proxy.url.href, proxy.place]).toEqual([href, place]);
    expect(proxy.authorization).toBe(login && `Basic ${Buffer.from(login).toString("base64")}`);
  });

  it.each(["socks5://me:SECRET@proxy.test", "http://", "http://me:SECRET@:99999", "file:///SECRET", "SECRET SECRET"])(
    "refuses %s without showing it",
    (text) => {
      const parse = (): unknown => parseProxy(text, "HTTPS_PROXY (environment)");
      expect(parse).toThrow("HTTPS_PROXY (environment) is not usable; give one such as http://host:3128");
    },
  );
});

describe("chooseProxy", () => {
  const proxy = { http: "http://plain.test:1", https: "http://secure.test:2" };

  it.each([
    ["https://api.test/", "secure.test:2"],
    ["http://api.test/", "plain.test:1"],
    ["https://127.0.0.1:9/", "secure.test:2"],
    ["http://127.0.0.1:9/", undefined],
    ["http://127.8.8.8/", undefined],
    ["http://localhost:9/", undefined],
    ["http://[::1]:9/", undefined],
  ])("for %s: %s", (url, place) => {
    expect(chooseProxy(new URL(url), proxy)?.place).toBe(place);
  });

  it("takes none where none is set", () => {
    expect(chooseProxy(new URL("https://api.test/"), { http: "http://plain.test:1", https: " " })).toBeUndefined();
  });

  it.each([
    ["*", "https://api.test", true],
    ["other.test,api.test", "https://api.test", true],
    ["other.test api.test", "https://api.test", true],
    ["API.test", "https://api.TEST.", true],
    ["test", "https://api.test", true],
    [".test", "https://api.test", true],
    ["*.test", "https://api.test", true],
    ["pi.test", "https://api.test", false],
    ["api.test.org", "https://api.test", false],
    ["api.test:443", "https://api.test", true],
    ["api.test:8443", "https://api.test", false],
    ["api.test:8443", "https://api.test:8443", true],
    ["", "https://api.test", false],
    [",. ,", "https://api.test", false],
    ["10.1.2.3", "https://10.1.2.3", true],
    ["2.3", "https://10.1.2.3", false],
    ["10.0.0.0/8", "https://10.1.2.3", true],
    ["10.0.0.0/8", "https://11.1.2.3", false],
    ["10.0.0.0/8", "https://api.test", false],
    ["10.0.0.0/99", "https://10.1.2.3", false],
    ["10.0.0.0/", "https://10.1.2.3", false],
    ["fd00::/8", "https://[fd12::1]", true],
    ["::1", "https://[::1]:8443", true],
    ["[::1]:8443", "https://[::1]:8443", true],
    ["[::1]:8443", "https://[::1]:8444", false],
  ])("with the exceptions %j %s is one: %s", (except, url, expected) => {
    expect(chooseProxy(new URL(url), { ...proxy, except }) === undefined).toBe(expected);
  });
});
