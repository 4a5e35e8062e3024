import type { Duplex } from "node:stream";
import { pause } from "@scorpiox/sxutil";
import type * as Ssh2 from "ssh2";
import { orAbort } from "../../or-abort.js";
import { type Credential, parseCredential } from "../credential.js";
import { CredentialError } from "../credential-error.js";
import { keyOf, LOGIN_VENDORS, type LoginVendor, usualPaths } from "../login-vendor.js";
import { type RemoteFile, SftpError, SftpReader } from "./sftp-read.js";
import type { SshConnection } from "./ssh-connect.js";

const MAX_BYTES = 1024 * 1024;

/** How long a file that another program is just writing may look half-written. */
const TORN_LIMIT_MS = 1_000;

export interface RemoteLogin {
  /** Whose login it is. Default: Codex. */
  readonly vendor?: LoginVendor | undefined;
  /** `user@host`, for messages. */
  readonly place: string;
  /** Undefined: the usual places, the first that exists. */
  readonly path: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * The access token in the credential file of another machine, its account and its end. What else the file holds, the
 * refresh token above all, goes no further than this function.
 * @throws CredentialError; the signal's reason on abort.
 */
export async function fetchOverSsh(connection: SshConnection, login: RemoteLogin): Promise<Credential> {
  const { place, path, signal, vendor = LOGIN_VENDORS.codex } = login;
  const work = async (): Promise<Credential> => {
    const reader = new SftpReader(await openSftp(connection.client, place));
    const paths = path === undefined ? usualPaths(vendor) : [path];
    for (const candidate of paths) {
      const name = `${place}:${candidate.startsWith("/") ? candidate : `~/${candidate}`}`;
      const file = await readWhole(reader, candidate, name, signal);
      if (file === undefined) continue;
      const { modifiedAtMs } = file;
      const text = file.bytes.toString("utf8");
      const saved = modifiedAtMs === undefined ? {} : { savedAtMs: modifiedAtMs };
      const parsed = parseCredential(text, { name, ...saved }, vendor);
      return {
        accessToken: parsed.accessToken,
        ...(parsed.accountId === undefined ? {} : { accountId: parsed.accountId }),
        ...(parsed.expiresAtMs === undefined ? {} : { expiresAtMs: parsed.expiresAtMs }),
        raw: {},
      };
    }
    throw noLogin(vendor, place, path);
  };
  return orAbort(orAbort(work(), connection.lost), signal);
}

function noLogin(vendor: LoginVendor, place: string, path: string | undefined): CredentialError {
  const key = keyOf(vendor, "SSH_PATH");
  const places = usualPaths(vendor).map((one) => `~/${one}`);
  const message =
    path === undefined
      ? `${place} has no ${vendor.title} login, neither ${places.join(" nor ")}; log in there, or set ${key}`
      : `${place} has no file ${path.startsWith("/") ? path : `~/${path}`}; log in there, or correct ${key}`;
  return new CredentialError("login_needed", message);
}

function openSftp(client: Ssh2.Client, place: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    client.subsys("sftp", (error, channel) => {
      if (error !== undefined && error !== null) {
        const message = `${place} does not offer SFTP; its sshd_config needs the line: Subsystem sftp internal-sftp`;
        reject(new CredentialError("network", message, { cause: error }));
        return;
      }
      channel.stderr.resume();
      resolve(channel);
    });
  });
}

/** Read again for a while when it is not whole JSON: other programs truncate the file before they write. */
async function readWhole(
  reader: SftpReader,
  path: string,
  name: string,
  signal: AbortSignal,
): Promise<RemoteFile | undefined> {
  const endMs = performance.now() + TORN_LIMIT_MS;
  for (let delayMs = 20; ; delayMs = Math.min(delayMs * 2, 160)) {
    try {
      await reader.start();
      const file = await reader.readFile(path, MAX_BYTES);
      if (file === undefined || isWhole(file.bytes) || performance.now() >= endMs) return file;
    } catch (error) {
      if (!(error instanceof SftpError)) throw error;
      const isNetwork = error.code === "protocol" || error.code === "closed";
      throw new CredentialError(isNetwork ? "network" : "bad_input", `cannot read ${name}: ${error.message}`, {
        cause: error,
      });
    }
    await pause(delayMs, signal);
  }
}

function isWhole(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString("utf8"));
    return true;
  } catch {
    // Half of a file, or none: what is wrong with it is for the parser to say, once the file has come to rest.
    return false;
  }
}
