import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

export const run = promisify(execFile);

const SSHD = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].find((path) => existsSync(path));

/** Whether this machine can run a real OpenSSH server for the tests. */
export const hasSshd = SSHD !== undefined && existsSync("/usr/bin/ssh-keygen");
/** Only root may make the user that passwords and questions are tested with. */
export const isRoot = userInfo().uid === 0;

if (!hasSshd) console.warn("SKIPPED: no OpenSSH server; install openssh-server to test the SSH source");
else if (!isRoot) console.warn("SKIPPED: passwords over SSH; only root can make a user to log in as");

export type KeyType = "ed25519" | "ecdsa" | "rsa";

export interface KeyPair {
  /** The private half; the public one is beside it with `.pub`. */
  readonly path: string;
  /** Type and base64, as in `known_hosts`. */
  readonly line: string;
  readonly fingerprint: string;
}

export async function makeKey(path: string, type: KeyType = "ed25519", passphrase = ""): Promise<KeyPair> {
  const size = type === "rsa" ? ["-b", "2048"] : [];
  await run("ssh-keygen", ["-q", "-t", type, ...size, "-N", passphrase, "-C", "test", "-f", path]);
  const shown = await run("ssh-keygen", ["-lf", `${path}.pub`]);
  const written = await run("ssh-keygen", ["-yf", path, ...(passphrase === "" ? [] : ["-P", passphrase])]);
  return {
    path,
    line: written.stdout.trim().split(" ").slice(0, 2).join(" "),
    fingerprint: shown.stdout.split(" ")[1] ?? "",
  };
}

/** Somebody to log in as: a new user where that is possible, else whoever runs the tests (with keys only). */
export interface Account {
  readonly user: string;
  readonly password: string;
  /** Home folder on the other machine. */
  readonly home: string;
  write(path: string, text: string): void;
  remove(): void;
}

export function makeAccount(folder: string): Account {
  const password = `pw-${randomBytes(6).toString("hex")}`;
  const home = join(folder, "remote-home");
  mkdirSync(home);
  chmodSync(folder, 0o755);
  const user = isRoot ? `sxt${randomBytes(4).toString("hex")}` : userInfo().username;
  if (isRoot) {
    patiently(() => execFileSync("useradd", ["-M", "-d", home, "-s", "/bin/bash", user], { stdio: "pipe" }));
    patiently(() => execFileSync("chpasswd", { input: `${user}:${password}\n`, stdio: "pipe" }));
  }
  const { uid, gid } = isRoot
    ? {
        uid: Number(execFileSync("id", ["-u", user], { encoding: "utf8" })),
        gid: Number(execFileSync("id", ["-g", user], { encoding: "utf8" })),
      }
    : statSync(home);
  chownSync(home, uid, gid);
  return {
    user,
    password,
    home,
    write(path, text) {
      const full = join(home, path);
      if (!existsSync(dirname(full))) {
        mkdirSync(dirname(full), { recursive: true });
        chownSync(dirname(full), uid, gid);
      }
      writeFileSync(full, text, { mode: 0o600 });
      chownSync(full, uid, gid);
    },
    remove() {
      if (isRoot) patiently(() => execFileSync("userdel", ["-f", user], { stdio: "pipe" }));
    },
  };
}

/** Other test files change the list of users at the same time, and its lock is not waited for long. */
function patiently(work: () => unknown): void {
  for (let left = 20; ; left -= 1) {
    try {
      work();
      return;
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

export interface SshServer {
  readonly port: number;
  /** All that it has logged, in sshd's words. */
  log(): string;
  /** Waits until the log has a line that matches. */
  logged(pattern: RegExp): Promise<void>;
  stop(): Promise<void>;
}

/** What sshd logs once for every way that somebody tries to log in, the mere question what it takes included. */
export const LOGIN_ATTEMPT = /userauth-request|userauth_|Accepted|Failed|authenticating user|invalid user/iu;
/** What it logs at the end of a connection. */
export const CONNECTION_END = /Unable to negotiate|Connection (closed|reset)|Disconnect|Received disconnect/u;

/** A real sshd on a free port of loopback; `config` are lines of its configuration, which come first. */
export async function startSshd(hostKeys: readonly KeyPair[], config: readonly string[] = []): Promise<SshServer> {
  if (isRoot) mkdirSync("/run/sshd", { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "sx-sshd-"));
  for (let attempt = 0; ; attempt += 1) {
    const port = await freePort();
    const path = join(folder, "sshd_config");
    const lines = [
      ...config,
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      ...hostKeys.map((key) => `HostKey ${key.path}`),
      "AuthorizedKeysFile .ssh/authorized_keys",
      "UsePAM no",
      "StrictModes no",
      "PidFile none",
      "UseDNS no",
      "LogLevel DEBUG1",
      "MaxStartups 200",
      ...(config.some((line) => line.startsWith("Subsystem")) ? [] : ["Subsystem sftp internal-sftp"]),
    ];
    writeFileSync(path, `${lines.join("\n")}\n`);
    const child = spawn(SSHD ?? "sshd", ["-D", "-e", "-f", path], { stdio: ["ignore", "ignore", "pipe"] });
    const server = watch(child, port, folder);
    try {
      await server.logged(/Server listening on 127/u);
      return server;
    } catch (error) {
      // Somebody else took the port in the meantime.
      if (attempt === 4) throw error;
    }
  }
}

function watch(child: ChildProcess, port: number, folder: string): SshServer {
  let text = "";
  const listeners = new Set<() => void>();
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
  });
  child.stderr?.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
    for (const listener of listeners) listener();
  });
  return {
    port,
    log: () => text,
    logged: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(text)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        void ended.then(() => reject(new Error(`sshd has ended: ${text}`)));
      }),
    async stop() {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
