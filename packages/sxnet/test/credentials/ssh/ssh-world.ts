import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { CredentialError } from "../../../src/credentials/credential-error.js";
import type { CredentialRequest, Question, SourcedCredential } from "../../../src/credentials/source.js";
import { createSshSource } from "../../../src/credentials/source-ssh.js";
import { SSH_LIMITS, type SshLimits } from "../../../src/credentials/ssh/ssh-connect.js";
import { jwt, officialLogin } from "../logins.js";
import {
  type Account,
  CONNECTION_END,
  isRoot,
  type KeyPair,
  type KeyType,
  LOGIN_ATTEMPT,
  makeAccount,
  makeKey,
  type SshServer,
  startSshd,
} from "./ssh-server.js";

export const NOW_MS = Date.UTC(2026, 10, 20);
export const TOKEN = jwt({ exp: NOW_MS / 1000 + 86_400 });

export interface Try {
  readonly server: SshServer;
  /** Text of the home's `known_hosts`; undefined: there is no such file. */
  readonly known?: string | undefined;
  readonly config?: string | undefined;
  readonly settings?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly limits?: Partial<SshLimits>;
  readonly ask?: (question: Question) => Promise<string | undefined>;
  readonly request?: CredentialRequest;
  /** A home that was used before; default: a new one, so that nothing is cached. */
  readonly home?: string;
}

/** A machine with a login on it, and homes of people who want that login. */
export class SshWorld {
  readonly folder = mkdtempSync(join(tmpdir(), "sx-ssh-"));
  readonly account: Account = makeAccount(this.folder);
  readonly hostKeys = new Map<KeyType, KeyPair>();
  userKey!: KeyPair;
  #servers: SshServer[] = [];
  /** Goes on a little with each look at it. */
  #nowMs = NOW_MS;

  async open(): Promise<void> {
    const types: readonly KeyType[] = ["ed25519", "ecdsa", "rsa"];
    const keys = await Promise.all(types.map((type) => makeKey(join(this.folder, `host-${type}`), type)));
    for (const [index, type] of types.entries()) this.hostKeys.set(type, keys[index] as KeyPair);
    this.userKey = await makeKey(join(this.folder, "user"));
    this.account.write(".ssh/authorized_keys", `${this.userKey.line}\n`);
    this.account.write(".codex/auth.json", JSON.stringify(officialLogin({ accessToken: TOKEN })));
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()));
    this.account.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  key(type: KeyType): KeyPair {
    return this.hostKeys.get(type) as KeyPair;
  }

  async serve(types: readonly KeyType[] = ["ed25519"], config: readonly string[] = []): Promise<SshServer> {
    const { home } = this.account;
    // Whoever is not root logs in as himself, and shall find the made-up home all the same.
    const sftp = config.some((line) => line.startsWith("Subsystem")) ? [] : [`Subsystem sftp internal-sftp -d ${home}`];
    const moved = isRoot ? [] : [`AuthorizedKeysFile ${home}/.ssh/authorized_keys`, ...sftp];
    const server = await startSshd(
      types.map((type) => this.key(type)),
      [...moved, ...config],
    );
    this.#servers.push(server);
    return server;
  }

  /** A line for `known_hosts` that is right. */
  knows(server: SshServer, type: KeyType = "ed25519"): string {
    return `[127.0.0.1]:${server.port} ${this.key(type).line}\n`;
  }

  makeHome({ known, config }: Pick<Try, "known" | "config">): string {
    const home = mkdtempSync(join(this.folder, "home-"));
    mkdirSync(join(home, ".ssh"), { mode: 0o700 });
    if (known !== undefined) writeFileSync(join(home, ".ssh/known_hosts"), known);
    if (config !== undefined) writeFileSync(join(home, ".ssh/config"), config);
    return home;
  }

  settings(server: SshServer): Record<string, string> {
    return {
      CODEX_SSH_HOST: "127.0.0.1",
      CODEX_SSH_PORT: String(server.port),
      CODEX_SSH_USER: this.account.user,
      CODEX_SSH_KEY: this.userKey.path,
    };
  }

  get(attempt: Try): Promise<SourcedCredential> {
    const settings = { ...this.settings(attempt.server), ...attempt.settings };
    const home = attempt.home ?? this.makeHome(attempt);
    const { ask } = attempt;
    const options = {
      settings,
      home,
      env: attempt.env ?? {},
      now: () => (this.#nowMs += 2),
      ...(ask === undefined ? {} : { ask }),
    };
    return createSshSource(options, { ...SSH_LIMITS, ...attempt.limits }).get(attempt.request);
  }

  /** The error of an attempt that must fail; it says nothing secret, in one line. */
  async fail(attempt: Try): Promise<CredentialError> {
    const error = await this.get(attempt).then(
      () => undefined,
      (reason: CredentialError) => reason,
    );
    expect(error?.message).toMatch(/^[^\n]+[^.\n]$/u);
    for (const secret of [this.account.password, TOKEN, "rt-secret"]) expect(error?.message).not.toContain(secret);
    return error as CredentialError;
  }

  /** The same, and the server has seen nobody try to log in. */
  async failBeforeLogin(attempt: Try): Promise<CredentialError> {
    const error = await this.fail(attempt);
    await attempt.server.logged(CONNECTION_END);
    expect(attempt.server.log()).not.toMatch(LOGIN_ATTEMPT);
    return error;
  }
}

export function readKnown(home: string): string {
  return readFileSync(join(home, ".ssh/known_hosts"), "utf8");
}
