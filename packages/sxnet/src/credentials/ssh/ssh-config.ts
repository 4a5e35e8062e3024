import { readFile, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { isAbsolute, join } from "node:path";
import { displayPath, oneLine, pause, quoted } from "@scorpiox/sxutil";
import { CredentialError } from "../credential-error.js";
import { matchesPatterns } from "./known-hosts.js";

/** What the SSH configuration says about one host, as far as it is of use here. Paths are absolute. */
export interface SshHostConfig {
  readonly hostName: string;
  readonly port: number;
  readonly user?: string;
  readonly identityFiles: readonly string[];
  /** Whether only those are to be tried, and no other key that the agent may hold. */
  readonly identitiesOnly: boolean;
  /** Socket of the agent; absent: what `SSH_AUTH_SOCK` says; `none`: no agent. */
  readonly identityAgent?: string;
  /** As written, `none` left out. */
  readonly proxyJump?: string;
  /** Under which name the host's key is kept. */
  readonly hostKeyAlias?: string;
  /** The user's files first; a new host goes into the first one. */
  readonly userKnownHosts: readonly string[];
  readonly systemKnownHosts: readonly string[];
  readonly hashKnownHosts: boolean;
  /** Whether `StrictHostKeyChecking` is `yes`; anything weaker is not taken from there. */
  readonly strict: boolean;
}

export interface SshConfigContext {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
  /** Absolute path of OpenSSH's client; undefined: there is none. Default: looked for in the usual places. */
  readonly ssh?: string | undefined;
}

const SSH_FOLDERS = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin", "/run/current-system/sw/bin"];
const SSH_LIMIT_MS = 5_000;
const SSH_MAX_BYTES = 256 * 1024;

/**
 * What the SSH configuration says about `host`, which must have passed `isHostName`. OpenSSH itself is asked where it
 * is installed (`ssh -G`, which connects to nothing), so `Match`, `Include` and the system's file count as they do for
 * `ssh`. Without it `~/.ssh/config` is read by `readSshConfig`.
 *
 * A `ProxyCommand` is never run.
 * @throws CredentialError `configuration`; the signal's reason on abort.
 */
export async function findSshConfig(host: string, context: SshConfigContext): Promise<SshHostConfig> {
  const ssh = "ssh" in context ? context.ssh : await findSsh();
  const entries = ssh === undefined ? await readOwnConfig(host, context) : await askOpenSsh(ssh, host, context);
  return toHostConfig(entries, host, context);
}

async function findSsh(): Promise<string | undefined> {
  for (const folder of SSH_FOLDERS) {
    const path = join(folder, "ssh");
    const info = await stat(path).catch(() => undefined);
    if (info?.isFile() === true && (info.mode & 0o111) !== 0) return path;
  }
  return undefined;
}

/** Keyword in lower case, and its values in the order that they count in. */
export type SshConfigEntries = ReadonlyMap<string, readonly string[]>;

async function askOpenSsh(
  ssh: string,
  host: string,
  { home, env, signal }: SshConfigContext,
): Promise<SshConfigEntries> {
  const { execFile } = await import("node:child_process");
  // OpenSSH looks for its files in the home folder of the user list, whatever HOME says.
  const moved = home === passwdHome() ? [] : ["-F", (await exists(ownConfigPath(home))) ? ownConfigPath(home) : "none"];
  const kept = ["PATH", "USER", "LOGNAME", "SSH_AUTH_SOCK"].map((name) => [name, env[name]]);
  const options = {
    env: { ...Object.fromEntries(kept.filter(([, value]) => value !== undefined)), HOME: home, LC_ALL: "C" },
    cwd: "/",
    timeout: SSH_LIMIT_MS,
    killSignal: "SIGKILL" as const,
    maxBuffer: SSH_MAX_BYTES,
    ...(signal === undefined ? {} : { signal }),
  };
  const text = await new Promise<string>((resolve, reject) => {
    const child = execFile(ssh, [...moved, "-G", "--", host], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (signal?.aborted === true) reject(signal.reason as Error);
      else reject(notUnderstood(error.killed === true ? "it did not answer in time" : stderr, error));
    });
    child.stdin?.end();
  });
  const entries = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [, keyword = "", value = ""] = /^(\S+)\s(.*)$/u.exec(line) ?? [];
    if (keyword !== "") entries.set(keyword, [...(entries.get(keyword) ?? []), value]);
  }
  return entries;
}

function notUnderstood(complaint: string, cause: Error): CredentialError {
  const last = oneLine(
    complaint
      .trim()
      .split("\n")
      .findLast((line) => line !== "") ?? cause.message,
    200,
  );
  return new CredentialError("configuration", `ssh does not understand its configuration: ${last}`, { cause });
}

async function readOwnConfig(host: string, { home, signal }: SshConfigContext): Promise<SshConfigEntries> {
  const path = ownConfigPath(home);
  await pause(0, signal);
  try {
    return readSshConfig(await readFile(path, "utf8"), host);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw new CredentialError("configuration", `cannot read ${displayPath(path, home)}: ${why}`, { cause: error });
  }
}

/**
 * The small reader for machines without OpenSSH: `Host` with its patterns, one keyword a line, `Keyword=value` and
 * quotes. The first value counts, but identity files add up. `Include` is not followed, and what stands under `Match`
 * is left out.
 */
export function readSshConfig(text: string, host: string): SshConfigEntries {
  const entries = new Map<string, string[]>();
  let counts = true;
  for (const line of text.split("\n")) {
    const [, written = "", rest = ""] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*?)\s*$/u.exec(line) ?? [];
    const keyword = written.toLowerCase();
    const value = rest.replace(/^"(.*)"$/u, "$1");
    if (keyword === "host") counts = matchesPatterns(value.split(/\s+/u), host.toLowerCase());
    else if (keyword === "match") counts = false;
    else if (keyword !== "" && counts) {
      const known = entries.get(keyword);
      if (known === undefined) entries.set(keyword, [value]);
      else if (keyword === "identityfile") known.push(value);
    }
  }
  return entries;
}

function toHostConfig(entries: SshConfigEntries, host: string, { home }: SshConfigContext): SshHostConfig {
  const first = (keyword: string): string | undefined => {
    const value = entries.get(keyword)?.[0];
    return value === undefined || value === "" || value.toLowerCase() === "none" ? undefined : value;
  };
  if (first("proxycommand") !== undefined && first("proxyjump") === undefined) {
    const advice = "commands are not run for a token; use ProxyJump, or name a host that can be reached directly";
    throw new CredentialError("configuration", `the SSH configuration has a ProxyCommand for ${host}; ${advice}`);
  }
  if (first("revokedhostkeys") !== undefined) {
    const advice = "that is not read here; put the keys into known_hosts with @revoked";
    throw new CredentialError("configuration", `the SSH configuration has RevokedHostKeys for ${host}; ${advice}`);
  }
  const hostName = (first("hostname") ?? host).replaceAll(/%[h%]/gu, (token) => (token === "%%" ? "%" : host));
  const port = Number(first("port") ?? "22");
  const user = first("user");
  const tokens = { h: hostName, n: host, p: String(port), r: user ?? "", d: home, "%": "%" };
  const paths = (keyword: string, fallback: readonly string[]): readonly string[] => {
    const values = (entries.get(keyword) ?? fallback).flatMap((value) =>
      keyword === "identityfile" ? [value] : value.split(/\s+/u),
    );
    return values.filter((value) => value !== "" && value !== "none").map((value) => expandPath(value, home, tokens));
  };
  const identityAgent = entries.get("identityagent")?.[0];
  return {
    hostName,
    port,
    ...(user === undefined ? {} : { user }),
    identityFiles: paths("identityfile", ["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"]),
    identitiesOnly: isYes(first("identitiesonly")),
    ...(identityAgent === undefined || identityAgent === "SSH_AUTH_SOCK"
      ? {}
      : { identityAgent: identityAgent === "none" ? "none" : expandPath(identityAgent, home, tokens) }),
    ...optional("proxyJump", first("proxyjump")),
    ...optional("hostKeyAlias", first("hostkeyalias")),
    userKnownHosts: paths("userknownhostsfile", ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"]),
    systemKnownHosts: paths("globalknownhostsfile", ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]),
    hashKnownHosts: isYes(first("hashknownhosts")),
    strict: isYes(first("stricthostkeychecking")),
  };
}

function isYes(value: string | undefined): boolean {
  return value === "yes" || value === "true";
}

function optional<K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: string };
}

function expandPath(value: string, home: string, tokens: Readonly<Record<string, string>>): string {
  const expanded = value.replaceAll(/%(.)/gu, (all, token: string) => tokens[token] ?? all);
  const listed = passwdHome();
  if (expanded.startsWith("~/")) return join(home, expanded.slice(2));
  // What OpenSSH has made of a `~`, where HOME says otherwise.
  if (listed !== undefined && listed !== home && expanded.startsWith(`${listed}/.ssh/known_hosts`))
    return home + expanded.slice(listed.length);
  if (isAbsolute(expanded)) return expanded;
  throw new CredentialError(
    "configuration",
    `the SSH configuration names the file ${quoted(value)}; give an absolute path`,
  );
}

function ownConfigPath(home: string): string {
  return join(home, ".ssh", "config");
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

function passwdHome(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    // A container may run under a number that no user list knows.
    return undefined;
  }
}
