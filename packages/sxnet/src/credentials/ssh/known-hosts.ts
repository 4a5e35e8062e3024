import { createHash, createHmac } from "node:crypto";

/** One line of a `known_hosts` file that says something about a key. */
export interface KnownHostLine {
  /** The first field: patterns with commas between them, or one hashed name. */
  readonly hosts: string;
  readonly meaning: "trusted" | "revoked";
  /** As in the key itself, for example `ssh-ed25519`. */
  readonly type: string;
  /** The public key in SSH's wire form. */
  readonly key: Buffer;
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
}

/** A line that nobody can make sense of. */
export interface KnownHostFault {
  readonly path: string;
  readonly line: number;
  /** It was meant to revoke something: what, is lost. */
  readonly revokes: boolean;
}

export interface KnownHosts {
  readonly lines: readonly KnownHostLine[];
  readonly faults: readonly KnownHostFault[];
}

export interface LinePlace {
  readonly path: string;
  readonly line: number;
}

/**
 * What the files say about a host's key. `unknown` with `types`: the host is known, but by keys of other types only.
 */
export type HostKeyVerdict =
  | ({ readonly kind: "known" } & LinePlace)
  | { readonly kind: "unknown"; readonly types: readonly string[] }
  | ({ readonly kind: "changed" } & LinePlace)
  | ({ readonly kind: "revoked" } & LinePlace);

/**
 * Reads the text of a `known_hosts` file. Lines for certificate authorities count for nothing, as no host certificates
 * are asked for; neither do those of SSH's first version.
 * Source: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT", OpenSSH 9.2, read 2026-11-20.
 */
export function parseKnownHosts(text: string, path: string): KnownHosts {
  const lines: KnownHostLine[] = [];
  const faults: KnownHostFault[] = [];
  for (const [index, written] of text.split("\n").entries()) {
    const fields = written.trim().split(/[ \t]+/u);
    if (fields[0] === "" || fields[0]?.startsWith("#") === true) continue;
    const place = { path, line: index + 1 };
    const marker = fields[0]?.startsWith("@") === true ? fields.shift() : undefined;
    if (marker === "@cert-authority") continue;
    const [hosts = "", type = "", base64 = ""] = fields;
    if (marker === undefined && /^\d+$/u.test(type)) continue;
    const key = marker === undefined || marker === "@revoked" ? readKey(type, base64) : undefined;
    if (key === undefined || !isHostField(hosts)) faults.push({ ...place, revokes: marker === "@revoked" });
    else lines.push({ hosts, meaning: marker === undefined ? "trusted" : "revoked", type, key, ...place });
  }
  return { lines, faults };
}

/** The name under which a host's key is kept. `host` may be an IPv6 address. */
export function knownHostName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Revoked beats everything; then one line with this very key suffices; `name` is that of `knownHostName`. */
export function judgeHostKey(hosts: Pick<KnownHosts, "lines">, name: string, key: Buffer): HostKeyVerdict {
  const ours = hosts.lines.filter((line) => matchesHost(line.hosts, name));
  const same = ours.filter((line) => line.key.equals(key));
  const revoked = same.find(({ meaning }) => meaning === "revoked");
  if (revoked !== undefined) return { kind: "revoked", path: revoked.path, line: revoked.line };
  const [known] = same;
  if (known !== undefined) return { kind: "known", path: known.path, line: known.line };
  const type = hostKeyType(key);
  const other = ours.find((line) => line.meaning === "trusted" && line.type === type);
  if (other !== undefined) return { kind: "changed", path: other.path, line: other.line };
  return { kind: "unknown", types: knownKeyTypes(hosts, name) };
}

/** Types of the keys that a host is known by, each once. */
export function knownKeyTypes(hosts: Pick<KnownHosts, "lines">, name: string): readonly string[] {
  const trusted = hosts.lines.filter(({ meaning, hosts: field }) => meaning === "trusted" && matchesHost(field, name));
  return [...new Set(trusted.map(({ type }) => type))];
}

/** The type that a public key in wire form gives itself; empty when it is none. */
export function hostKeyType(key: Buffer): string {
  if (key.length < 4) return "";
  const end = 4 + key.readUInt32BE(0);
  return end > key.length || end > 4 + 64 ? "" : key.toString("latin1", 4, end);
}

/** As OpenSSH prints it: `SHA256:` and base64 without padding. */
export function hostKeyFingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replaceAll("=", "")}`;
}

/** A line for the file, without its end. With `salt` (20 random bytes) the name is hashed. */
export function buildKnownHostLine(name: string, key: Buffer, salt?: Buffer): string {
  const hosts = salt === undefined ? name : `|1|${salt.toString("base64")}|${hashName(salt, name)}`;
  return `${hosts} ${hostKeyType(key)} ${key.toString("base64")}`;
}

function readKey(type: string, base64: string): Buffer | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/u.test(base64) || base64.length > 32_768) return undefined;
  const key = Buffer.from(base64, "base64");
  return type !== "" && hostKeyType(key) === type && key.length > 4 + type.length ? key : undefined;
}

function isHostField(hosts: string): boolean {
  if (!hosts.startsWith("|")) return hosts !== "" && !hosts.includes("\0");
  return /^\|1\|[A-Za-z0-9+/]+=*\|[A-Za-z0-9+/]+=*$/u.test(hosts);
}

function matchesHost(hosts: string, name: string): boolean {
  if (hosts.startsWith("|")) {
    const [, , salt = "", hash = ""] = hosts.split("|");
    return hashName(Buffer.from(salt, "base64"), name) === hash;
  }
  return matchesPatterns(hosts.split(","), name);
}

function hashName(salt: Buffer, name: string): string {
  return createHmac("sha1", salt).update(name).digest("base64");
}

/**
 * OpenSSH's lists of patterns: `*` and `?`, and a pattern after `!` that matches excludes the name whatever else does.
 * `name` is in lower case; patterns may be in any.
 */
export function matchesPatterns(patterns: readonly string[], name: string): boolean {
  let found = false;
  for (const written of patterns) {
    const pattern = written.toLowerCase();
    if (pattern.startsWith("!")) {
      if (matchesGlob(pattern.slice(1), name)) return false;
    } else if (matchesGlob(pattern, name)) found = true;
  }
  return found;
}

/** In time of at most pattern times name: a hostile pattern cannot stall it, as a regular expression could be. */
function matchesGlob(pattern: string, name: string): boolean {
  let [p, n, star, resume] = [0, 0, -1, 0];
  while (n < name.length) {
    if (pattern[p] === "*") {
      star = p;
      resume = n;
      p += 1;
    } else if (pattern[p] === "?" || pattern[p] === name[n]) {
      p += 1;
      n += 1;
    } else if (star >= 0) {
      p = star + 1;
      resume += 1;
      n = resume;
    } else return false;
  }
  while (pattern[p] === "*") p += 1;
  return p === pattern.length;
}
