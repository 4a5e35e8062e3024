import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { oneLine } from "@scorpiox/sxutil";
import type * as Ssh2 from "ssh2";
import { orAbort } from "../../or-abort.js";
import { CredentialError } from "../credential-error.js";
import { keyOf, LOGIN_VENDORS } from "../login-vendor.js";
import { type HostCheck, WrongPin } from "./ssh-host-check.js";
import type { Ssh2Library } from "./ssh-keys.js";
import { SshLogin, type SshLoginPlan } from "./ssh-login.js";
import { TimeLimit } from "./time-limit.js";

/** One machine on the way; the last one is where the file is. */
export interface SshStop {
  readonly host: string;
  readonly port: number;
  /** For messages: `user@host`. */
  readonly place: string;
  readonly check: HostCheck;
  readonly login: SshLoginPlan;
}

/** In milliseconds. */
export interface SshLimits {
  readonly connectMs: number;
  readonly handshakeMs: number;
  /** From the first byte to the token, without what a person takes to answer. */
  readonly totalMs: number;
}

export const SSH_LIMITS: SshLimits = { connectMs: 10_000, handshakeMs: 15_000, totalMs: 30_000 };

/** What a connection is made with. */
export interface SshMeans {
  readonly ssh2: Ssh2Library;
  readonly limits: SshLimits;
  readonly signal: AbortSignal;
}

export interface SshConnection {
  readonly client: Ssh2.Client;
  /** Aborts with the reason when the connection is lost. */
  readonly lost: AbortSignal;
  /** Ends this connection and those it goes through. */
  close(): void;
}

/**
 * What is offered besides host keys. No chacha20 and no CBC: these are the ciphers that Terrapin (CVE-2023-48795) can
 * be used against where a server lacks the strict key exchange, so it does not matter whether this one has it.
 * Source: terrapin-attack.com, "Which SSH modes are affected", read 2026-11-20.
 */
const KEX: Ssh2.KexAlgorithm[] = [
  "curve25519-sha256",
  "curve25519-sha256@libssh.org",
  "ecdh-sha2-nistp256",
  "ecdh-sha2-nistp384",
  "ecdh-sha2-nistp521",
  "diffie-hellman-group-exchange-sha256",
  "diffie-hellman-group16-sha512",
  "diffie-hellman-group18-sha512",
  "diffie-hellman-group14-sha256",
];
const CIPHERS: Ssh2.CipherAlgorithm[] = [
  "aes256-gcm@openssh.com",
  "aes128-gcm@openssh.com",
  "aes256-ctr",
  "aes192-ctr",
  "aes128-ctr",
];
const MACS: Ssh2.MacAlgorithm[] = [
  "hmac-sha2-256-etm@openssh.com",
  "hmac-sha2-512-etm@openssh.com",
  "hmac-sha2-256",
  "hmac-sha2-512",
];

/**
 * Connects through all stops to the last one. At each, the host key is checked first and only then is anything tried to
 * log in. A failure or an abort leaves no connection behind.
 * @throws CredentialError; the signal's reason on abort.
 */
export async function connectSsh(stops: readonly SshStop[], means: SshMeans): Promise<SshConnection> {
  let reached: SshConnection | undefined;
  try {
    for (const stop of stops) reached = await connectStop(stop, reached, means);
  } catch (error) {
    reached?.close();
    throw error;
  }
  if (reached === undefined) throw new CredentialError("configuration", "there is no host to connect to");
  return reached;
}

async function connectStop(stop: SshStop, via: SshConnection | undefined, means: SshMeans): Promise<SshConnection> {
  let refused: CredentialError | undefined;
  for (const algorithms of stop.check.rounds) {
    try {
      return await converse(stop, await openTransport(stop, via, means), via, algorithms, means);
    } catch (error) {
      if (!(error instanceof WrongPin || error instanceof NoCommonKey)) throw error;
      refused = error;
    }
  }
  throw refused instanceof WrongPin ? refused : stop.check.noCommonKey();
}

/** The server has no host key of the kinds that were offered. */
class NoCommonKey extends CredentialError {
  constructor(place: string) {
    super("host_key", `${place} has no host key of the kinds that were offered`);
  }
}

async function openTransport(stop: SshStop, via: SshConnection | undefined, means: SshMeans): Promise<Duplex> {
  const { place, host, port } = stop;
  const seconds = means.limits.connectMs / 1000;
  const limit = new TimeLimit(
    means.limits.connectMs,
    () => new CredentialError("network", `cannot reach ${place}: no answer within ${seconds} s; check the address`),
    means.signal,
  );
  try {
    if (via === undefined) return await openSocket(stop, limit.signal);
    const forwarded = new Promise<Duplex>((resolve, reject) => {
      via.client.forwardOut("127.0.0.1", 0, host, port, (error, channel) => {
        if (error === undefined || error === null) resolve(channel);
        else reject(new CredentialError("network", `cannot reach ${place} through the jump host: it refused`));
      });
    });
    return await orAbort(orAbort(forwarded, via.lost), limit.signal);
  } finally {
    limit.end();
  }
}

function openSocket({ place, host, port, login }: SshStop, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ host, port, noDelay: true });
    const fail = (error: Error): void => {
      signal.removeEventListener("abort", stop);
      socket.destroy();
      reject(error);
    };
    const stop = (): void => fail(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      fail(
        new CredentialError(
          "network",
          `cannot reach ${place}: ${explain(error)}; check ${keyOf(login.vendor ?? LOGIN_VENDORS.codex, "SSH_HOST")} and the network`,
          {
            cause: error,
          },
        ),
      );
    });
    socket.once("connect", () => {
      signal.removeEventListener("abort", stop);
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}

function explain(error: NodeJS.ErrnoException): string {
  const [first] = error instanceof AggregateError ? (error.errors as NodeJS.ErrnoException[]) : [error];
  const code = first?.code ?? error.code ?? "";
  return (
    { ENOTFOUND: "no such host (ENOTFOUND)", ECONNREFUSED: "connection refused" }[code] ?? (code || "no connection")
  );
}

/** The handshake, the check and the login, over a transport that is closed with the connection. */
async function converse(
  stop: SshStop,
  transport: Duplex,
  via: SshConnection | undefined,
  algorithms: readonly string[],
  { ssh2, limits, signal }: SshMeans,
): Promise<SshConnection> {
  const { place, check } = stop;
  const client = new ssh2.Client();
  const login = new SshLogin(ssh2, stop.login);
  const lost = new AbortController();
  const seconds = limits.handshakeMs / 1000;
  const limit = new TimeLimit(
    limits.handshakeMs,
    () => new CredentialError("network", `${place} did not finish the SSH handshake within ${seconds} s; try again`),
    signal,
  );
  let phase: "handshake" | "login" | "ready" = "handshake";
  const fail = (error: Error): void => {
    if (!lost.signal.aborted) lost.abort(error);
  };
  client.on("error", (error: SshFault) => {
    // The agent failing is one way to log in the less; ssh2 goes on to the next.
    if (error.level === "agent") login.notes.push(oneLine(error.message, 100));
    else fail(readFault(error, phase, stop, login));
  });
  client.on("close", () => fail(new CredentialError("network", `${place} closed the connection; try again`)));
  client.on("change password", () => {
    fail(new CredentialError("login_needed", `the password of ${place} has expired; change it with ssh ${place}`));
  });
  const ready = new Promise<void>((resolve) => {
    client.once("ready", resolve);
  });
  client.once("handshake", () => {
    phase = "login";
    limit.end();
  });
  const hostVerifier: Ssh2.HostVerifier = (key, verify) => {
    check
      .verify(Buffer.from(key), (work) => limit.uncounted(work))
      .then(
        () => lost.signal.aborted || verify(true),
        // Not told to ssh2, whose own error would say less: the connection ends here, before any login.
        (error: Error) => fail(error),
      );
  };
  let kept: Promise<void> | undefined;
  const authHandler: Ssh2.AuthHandlerMiddleware = (left, partial, next) => {
    kept ??= check.keep();
    kept.then(() => lost.signal.aborted || login.next(left, partial, next as (method: never) => void), fail);
  };
  try {
    client.connect({
      sock: transport,
      username: stop.login.user,
      algorithms: {
        kex: KEX,
        serverHostKey: algorithms as Ssh2.ServerHostKeyAlgorithm[],
        cipher: CIPHERS,
        hmac: MACS,
        compress: ["none"],
      },
      hostVerifier,
      authHandler,
      readyTimeout: 0,
      keepaliveInterval: 5_000,
      keepaliveCountMax: 3,
    });
    await orAbort(orAbort(orAbort(ready, lost.signal), limit.signal), signal);
    phase = "ready";
  } catch (error) {
    transport.destroy();
    throw error;
  } finally {
    limit.end();
    login.close();
  }
  return {
    client,
    lost: lost.signal,
    close() {
      fail(new CredentialError("network", `the connection to ${place} was closed`));
      client.end();
      if ("destroySoon" in transport) (transport as Socket).destroySoon();
      else transport.destroy();
      via?.close();
    },
  };
}

type SshFault = Error & { readonly level?: string; readonly code?: string | number };

function readFault(fault: SshFault, phase: string, stop: SshStop, login: SshLogin): CredentialError {
  const { place } = stop;
  if (fault.level === "client-authentication" || (phase === "login" && typeof fault.code === "number")) {
    const takes = login.accepted.length === 0 ? "" : ` (it takes ${oneLine(login.accepted.join(", "), 100)})`;
    const notes = login.notes.length === 0 ? "there was nothing to try" : login.notes.join(", ");
    const [key, password] = ["SSH_KEY", "SSH_PASS"].map((name) =>
      keyOf(stop.login.vendor ?? LOGIN_VENDORS.codex, name),
    );
    const advice = `set ${key} or ${password}, or load a key into the agent`;
    return new CredentialError("login_needed", `${place} refused the login${takes}: ${notes}; ${advice}`, {
      cause: fault,
    });
  }
  const why = oneLine(fault.message, 200);
  if (/no matching host key format/u.test(why)) return new NoCommonKey(place);
  if (/^Handshake failed: no matching/iu.test(why)) {
    const advice = "its SSH server is too old or too narrowly configured for AES-GCM or AES-CTR";
    return new CredentialError("network", `${place} and this program share no safe algorithm (${why}); ${advice}`);
  }
  return new CredentialError("network", `the SSH connection to ${place} failed: ${fault.code ?? why}; try again`, {
    cause: fault,
  });
}
