import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  buildKnownHostLine,
  hostKeyFingerprint,
  hostKeyType,
  judgeHostKey,
  knownHostName,
  knownKeyTypes,
  matchesPatterns,
  parseKnownHosts,
} from "../../../src/credentials/ssh/known-hosts.js";
import { hasSshd } from "./ssh-server.js";

/** A key in wire form; what follows the type is enough to tell keys apart. */
function key(type: string, seed: number): Buffer {
  const part = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  return Buffer.concat([part(Buffer.from(type)), part(Buffer.alloc(32, seed))]);
}

const ED = key("ssh-ed25519", 1);
const ED2 = key("ssh-ed25519", 2);
const EC = key("ecdsa-sha2-nistp256", 3);
const RSA = key("ssh-rsa", 4);
const text = (blob: Buffer): string => `${hostKeyType(blob)} ${blob.toString("base64")}`;
const SALT = Buffer.alloc(20, 7);
const hashed = (name: string): string =>
  `|1|${SALT.toString("base64")}|${createHmac("sha1", SALT).update(name).digest("base64")}`;

describe("judgeHostKey", () => {
  const at = (line: number) => ({ path: "/kh", line });
  const known = (line: number) => ({ kind: "known", ...at(line) });
  const changed = (line: number) => ({ kind: "changed", ...at(line) });
  const unknown = (...types: string[]) => ({ kind: "unknown", types });

  it.each([
    ["plain", `a.example ${text(ED)}`, "a.example", known(1)],
    ["with a comment", `a.example ${text(ED)} root@a two words`, "a.example", known(1)],
    ["tabs and blanks in front", `  \t a.example \t ${text(ED)}`, "a.example", known(1)],
    ["CRLF", `x ${text(ED2)}\r\na.example ${text(ED)}\r\n`, "a.example", known(2)],
    ["no end of line", `# c\n\na.example ${text(ED)}`, "a.example", known(3)],
    ["upper case in the file", `A.Example ${text(ED)}`, "a.example", known(1)],
    ["a list", `b,a.example,10.0.0.1 ${text(ED)}`, "a.example", known(1)],
    ["an address of a list", `b,a.example,10.0.0.1 ${text(ED)}`, "10.0.0.1", known(1)],
    ["IPv6", `::1 ${text(ED)}`, "::1", known(1)],
    ["a star", `*.example ${text(ED)}`, "a.example", known(1)],
    ["a star does not match the bare domain", `*.example ${text(ED)}`, "example", unknown()],
    ["a question mark", `host?? ${text(ED)}`, "host12", known(1)],
    ["a question mark is one character", `host?? ${text(ED)}`, "host1", unknown()],
    ["negation", `*.example,!a.example ${text(ED)}`, "a.example", unknown()],
    ["negation in front", `!a.example,*.example ${text(ED)}`, "a.example", unknown()],
    ["negation of another", `*.example,!b.example ${text(ED)}`, "a.example", known(1)],
    ["negation alone matches nothing", `!b.example ${text(ED)}`, "a.example", unknown()],
    ["hashed", `${hashed("a.example")} ${text(ED)}`, "a.example", known(1)],
    ["hashed, another host", `${hashed("a.example")} ${text(ED)}`, "b.example", unknown()],
    ["hashed with a port", `${hashed("[a.example]:2222")} ${text(ED)}`, "[a.example]:2222", known(1)],
    ["a port", `[a.example]:2222 ${text(ED)}`, "[a.example]:2222", known(1)],
    ["another port", `[a.example]:2222 ${text(ED)}`, "[a.example]:2223", unknown()],
    ["a port is not the plain host", `a.example ${text(ED)}`, "[a.example]:2222", unknown()],
    ["a plain host is no port", `[a.example]:2222 ${text(ED)}`, "a.example", unknown()],
    ["brackets are no character class", `[a.example]:2222 ${text(ED)}`, "a", unknown()],
    ["a pattern with a port", `[*.example]:2222 ${text(ED)}`, "[a.example]:2222", known(1)],
    ["changed", `a.example ${text(ED2)}`, "a.example", changed(1)],
    ["changed, one of two lines right", `a.example ${text(ED2)}\na.example ${text(ED)}`, "a.example", known(2)],
    [
      "known by another type only",
      `a.example ${text(EC)}\na.example ${text(RSA)}`,
      "a.example",
      unknown("ecdsa-sha2-nistp256", "ssh-rsa"),
    ],
    ["revoked", `@revoked a.example ${text(ED)}`, "a.example", { kind: "revoked", ...at(1) }],
    [
      "revoked after it was known",
      `a.example ${text(ED)}\n@revoked * ${text(ED)}`,
      "a.example",
      { kind: "revoked", ...at(2) },
    ],
    ["another key revoked", `a.example ${text(ED)}\n@revoked * ${text(ED2)}`, "a.example", known(1)],
    [
      "a revoked key of the same type does not make it changed",
      `@revoked a.example ${text(ED2)}`,
      "a.example",
      unknown(),
    ],
    ["revoked elsewhere", `@revoked b.example ${text(ED)}`, "a.example", unknown()],
    ["revoked, hashed", `@revoked ${hashed("a.example")} ${text(ED)}`, "a.example", { kind: "revoked", ...at(1) }],
    ["a certificate authority", `@cert-authority * ${text(ED)}`, "a.example", unknown()],
    ["a comment", `#a.example ${text(ED)}`, "a.example", unknown()],
    ["SSH 1", `a.example 1024 35 1234567`, "a.example", unknown()],
    ["nothing", "", "a.example", unknown()],
  ])("%s", (_name, file, name, verdict) => {
    const hosts = parseKnownHosts(file, "/kh");
    expect(hosts.faults).toEqual([]);
    expect(judgeHostKey(hosts, name, ED)).toEqual(verdict);
  });

  it.each([
    ["a cut key", `a.example ssh-ed25519 ${ED.toString("base64").slice(0, 8)}`, false],
    ["no key", "a.example ssh-ed25519", false],
    ["one word", "a.example", false],
    ["another type than the key's", `a.example ssh-rsa ${ED.toString("base64")}`, false],
    ["not base64", "a.example ssh-ed25519 AAAA*AAA", false],
    ["an unknown marker", `@trusted a.example ${text(ED)}`, false],
    ["an unknown hash", `|2|abcd|efgh ${text(ED)}`, false],
    ["a cut hash", `|1|abcd ${text(ED)}`, false],
    ["a revoked key that cannot be read", "@revoked a.example ssh-ed25519 AAAA", true],
  ])("takes %s for a fault, and for nobody's key", (_name, line, revokes) => {
    const hosts = parseKnownHosts(`b ${text(ED2)}\n${line}`, "/kh");
    expect(hosts.faults).toEqual([{ path: "/kh", line: 2, revokes }]);
    expect(judgeHostKey(hosts, "a.example", ED)).toEqual(unknown());
  });
});

describe("names, types and lines", () => {
  it.each([
    ["A.Example", 22, "a.example"],
    ["a.example", 2222, "[a.example]:2222"],
    ["::1", 22, "::1"],
    ["FE80::1", 23, "[fe80::1]:23"],
  ])("keeps %s port %d as %s", (host, port, name) => {
    expect(knownHostName(host, port)).toBe(name);
  });

  it("lists each known type once, and none of revoked keys", () => {
    const file = [`a ${text(EC)}`, `a ${text(ED)}`, `* ${text(ED2)}`, `@revoked a ${text(RSA)}`].join("\n");
    expect(knownKeyTypes(parseKnownHosts(file, "/kh"), "a")).toEqual(["ecdsa-sha2-nistp256", "ssh-ed25519"]);
  });

  it.each([
    ["plain", undefined],
    ["hashed", SALT],
  ])("reads the %s line that it builds", (_name, salt) => {
    const line = buildKnownHostLine("[h]:2222", ED, salt);
    expect(line.includes("[h]")).toBe(salt === undefined);
    expect(judgeHostKey(parseKnownHosts(line, "/kh"), "[h]:2222", ED).kind).toBe("known");
    expect(judgeHostKey(parseKnownHosts(line, "/kh"), "[h]:2222", ED2).kind).toBe("changed");
  });

  it("does not trip over what is no key", () => {
    for (const blob of ["", "00", "00000001", "ffffffff", "000000ff41"]) {
      expect(hostKeyType(Buffer.from(blob, "hex"))).toBe("");
    }
  });

  it("takes its time over no pattern", () => {
    expect(matchesPatterns([`${"*a".repeat(2000)}b`], "a".repeat(5000))).toBe(false);
  });

  it("never throws, whatever the file holds", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom("|1|", "@revoked ", "\n", " ", text(ED), "a,!b"))),
        (parts) => {
          const hosts = parseKnownHosts(parts.join(""), "/kh");
          judgeHostKey(hosts, "a", ED);
          knownKeyTypes(hosts, "a");
        },
      ),
      { numRuns: 500 },
    );
  });
});

// ssh-keygen is the judge of what a file says.
describe.skipIf(!hasSshd)("beside OpenSSH", () => {
  const FILE = [
    `a.example,b.example ${text(ED)}`,
    `*.c.example,!x.c.example ${text(ED)}`,
    `[p.example]:2222 ${text(ED)}`,
    `${hashed("h.example")} ${text(ED)}`,
    `${hashed("[h.example]:22022")} ${text(ED)}`,
    `q?.example ${text(ED)}`,
    `@cert-authority z.example ${text(ED)}`,
  ].join("\n");

  it.each([
    "a.example",
    "b.example",
    "c.example",
    "y.c.example",
    "x.c.example",
    "p.example",
    "[p.example]:2222",
    "h.example",
    "[h.example]:22022",
    "[h.example]:22",
    "q1.example",
    "q.example",
    "q12.example",
    "z.example",
    "A.EXAMPLE",
  ])("agrees about %s", async (host) => {
    const folder = mkdtempSync(join(tmpdir(), "sx-kh-"));
    const path = join(folder, "known_hosts");
    writeFileSync(path, `${FILE}\n`);
    const found = await new Promise<string>((resolve) => {
      execFile("ssh-keygen", ["-F", host, "-f", path], (_error, stdout) => resolve(stdout));
    });
    rmSync(folder, { recursive: true });
    const theirs = /ssh-ed25519/u.test(found) && !found.includes("@cert-authority");
    const ours = judgeHostKey(parseKnownHosts(FILE, path), host.toLowerCase(), ED).kind === "known";
    expect(ours).toBe(theirs);
  });
});

it("prints fingerprints as OpenSSH does", () => {
  // Source: RFC 4648 and ssh-keygen(1): base64 of SHA-256, without padding.
  expect(hostKeyFingerprint(ED)).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/u);
});
