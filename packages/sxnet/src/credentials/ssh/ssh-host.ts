import { quoted } from "@scorpiox/sxutil";
import { CredentialError } from "../credential-error.js";

/** A machine, as people name it on a command line. */
export interface SshPlace {
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
}

/**
 * Names and addresses without anything that a program could take for an option, a shell for a command or a file name,
 * or a terminal for an escape. IPv6 addresses may have a zone.
 */
const HOST = /^(?!-)[A-Za-z0-9_.-]{1,253}$/u;
const IPV6 = /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9_.-]{1,32})?$/u;

/** Sent inside the protocol only, where no program or shell reads it. */
const USER = /^(?!-)[^\s\p{Cc}\p{Cf}]{1,128}$/u;

/** Whether a name may be given to `ssh` and looked up in files. */
export function isHostName(text: string): boolean {
  return HOST.test(text) || IPV6.test(text);
}

export function isUserName(text: string): boolean {
  return USER.test(text);
}

/** A port number, or undefined for what is none. */
export function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/u.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** `host`, `user@host`, `host:port`, `[address]:port` or an `ssh://` URL of these; undefined for anything else. */
export function parsePlace(text: string): SshPlace | undefined {
  const bare = text.startsWith("ssh://") ? text.slice(6).replace(/\/$/u, "") : text;
  const at = bare.lastIndexOf("@");
  const user = at < 0 ? undefined : bare.slice(0, at);
  const rest = bare.slice(at + 1);
  const split =
    /^\[(?<address>[^\]]+)\](?::(?<port>\d+))?$/u.exec(rest) ?? /^(?<address>[^:]+):(?<port>\d+)$/u.exec(rest);
  const host = split?.groups?.["address"] ?? rest;
  const digits = split?.groups?.["port"];
  const port = digits === undefined ? undefined : parsePort(digits);
  if (!isHostName(host) || (user !== undefined && !isUserName(user)) || (digits !== undefined && port === undefined))
    return undefined;
  return { host, ...(port === undefined ? {} : { port }), ...(user === undefined ? {} : { user }) };
}

/** For messages and names of caches: `user@host`, with the port where it is not 22. */
export function describePlace({ host, port, user }: SshPlace): string {
  const address = port === undefined || port === 22 ? host : `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return user === undefined ? address : `${user}@${address}`;
}

/** The list of a `ProxyJump`, nearest first. @throws CredentialError `configuration` */
export function parseJumps(text: string): readonly SshPlace[] {
  if (text === "" || text.toLowerCase() === "none") return [];
  return text.split(",").map((part) => {
    const place = parsePlace(part.trim());
    if (place !== undefined) return place;
    throw new CredentialError(
      "configuration",
      `ProxyJump in the SSH configuration is ${quoted(text)}; give user@host:port, several with commas between them`,
    );
  });
}
