import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { readNetworkOptions } from "../../src/credentials/network-settings.js";
import { createPrivateAuthority, hasOpenssl } from "../private-authority.js";

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sx-network-"));
  const folder = home;
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

function read(env: Record<string, string>, settings: Record<string, string> = {}) {
  return readNetworkOptions({ env, settings, home });
}

describe("readNetworkOptions", () => {
  it("is empty where nothing is set", async () => {
    expect(await read({ NO_PROXY: "x", HTTPS_PROXY: "", http_proxy: " " })).toEqual({});
  });

  it.each([
    [{ HTTPS_PROXY: "http://a:1" }, { https: "http://a:1" }],
    [{ HTTPS_PROXY: "http://a:1", https_proxy: "http://b:1" }, { https: "http://b:1" }],
    [{ HTTP_PROXY: " a:1 " }, { http: "a:1" }],
    [{ HTTP_PROXY: "a:1", REQUEST_METHOD: "GET" }, undefined],
    [{ http_proxy: "a:1", REQUEST_METHOD: "GET" }, { http: "a:1" }],
    [
      { HTTPS_PROXY: "a:1", NO_PROXY: "x,y" },
      { https: "a:1", except: "x,y" },
    ],
    [
      { HTTPS_PROXY: "a:1", NO_PROXY: "x", no_proxy: "y" },
      { https: "a:1", except: "y" },
    ],
  ])("reads %j", async (env, proxy) => {
    expect((await read(env as Record<string, string>)).proxy).toEqual(proxy);
  });

  it("names the variable that holds no address, and does not show it", async () => {
    await expect(read({ HTTPS_PROXY: "socks5://me:SECRET@host" })).rejects.toMatchObject({
      code: "configuration",
      exitCode: 52,
      message: "HTTPS_PROXY (environment) is not usable; give one such as http://host:3128",
    });
  });

  it.skipIf(!hasOpenssl)("reads authorities from both places (skipped without openssl)", async () => {
    const [one, two] = [createPrivateAuthority(["DNS:x"]).ca, createPrivateAuthority(["DNS:x"]).ca];
    await writeFile(join(home, "one.pem"), `# the company's\n${one}\ntext\n${two}`);
    await writeFile(join(home, "two.pem"), two);
    expect(await read({}, { SX_CA_FILE: "~/one.pem" })).toEqual({
      ca: [one.trim(), two.trim()],
      caName: "SX_CA_FILE (~/one.pem)",
    });
    expect(await read({ NODE_EXTRA_CA_CERTS: join(home, "two.pem") })).toEqual({
      ca: [two.trim()],
      caName: "NODE_EXTRA_CA_CERTS (~/two.pem)",
    });
    const both = await read({ NODE_EXTRA_CA_CERTS: join(home, "two.pem") }, { SX_CA_FILE: join(home, "one.pem") });
    expect(both.ca).toHaveLength(3);
    expect(both.caName).toBe("NODE_EXTRA_CA_CERTS (~/two.pem) and SX_CA_FILE (~/one.pem)");
  });

  it.each([
    ["none.pem", undefined, "which does not exist"],
    ["ca.pem", "no PEM", "which cannot be used: it holds no certificate"],
    ["ca.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "a certificate in it is broken"],
    ["ca.pem", "x".repeat(4 * 1024 * 1024 + 1), "it is larger than 4 MiB"],
    ["", undefined, "it is not a regular file"],
  ])("refuses %j with %.20j", async (name, text, message) => {
    if (text !== undefined) await writeFile(join(home, name), text);
    const path = join(home, name);
    await expect(read({}, { SX_CA_FILE: path })).rejects.toMatchObject({
      code: "configuration",
      message: expect.stringMatching(new RegExp(`^SX_CA_FILE names ~.*${message}; give a file`, "u")) as string,
    });
    // Node has complained about this one already.
    expect(await read({ NODE_EXTRA_CA_CERTS: path })).toEqual({});
  });
});
