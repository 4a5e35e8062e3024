import { BlockList, isIP } from "node:net";
import { ProviderError } from "./errors.js";
import type { ProxyOptions } from "./http-message.js";
import { placeOf } from "./http-errors.js";

/** A proxy that makes tunnels with CONNECT. */
export interface Proxy {
  /** http or https, without user name. */
  readonly url: URL;
  /** Host and port, for messages. */
  readonly place: string;
  /** Value of `proxy-authorization`; a secret. */
  readonly authorization: string | undefined;
}

/**
 * The address of a proxy: `http://host:port`, `https://user:password@host:port`, or `host:port`. A user name and a
 * password are percent-encoded in it.
 * @throws ProviderError `configuration`, without the value: it may hold a password.
 */
export function parseProxy(text: string, name = "the address of the proxy"): Proxy {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.hostname === "" || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new ProviderError("configuration", `${name} is not usable; give one such as http://host:3128`);
  }
  const { username, password } = url;
  const login = `${decode(username)}:${decode(password)}`;
  url.username = "";
  url.password = "";
  return {
    url,
    place: placeOf(url),
    authorization:
      username === "" && password === "" ? undefined : `Basic ${Buffer.from(login, "utf8").toString("base64")}`,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign: then it is meant as it stands.
    return text;
  }
}

/**
 * The proxy for a request, if it takes one. Plain http to this machine takes none: it may be used because it does not
 * leave the machine.
 * @throws ProviderError `configuration` for a proxy address that is none.
 */
export function chooseProxy(url: URL, options: ProxyOptions): Proxy | undefined {
  const isSecure = url.protocol === "https:";
  const address = (isSecure ? options.https : options.http)?.trim() ?? "";
  if (address === "" || (!isSecure && isLoopback(hostOf(url))) || isExempt(url, options.except ?? "")) return undefined;
  return parseProxy(address);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** `hostname` without the brackets of IPv6 and the dot that may end a full name. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

/**
 * Whether a list such as `example.com, .internal, 10.0.0.0/8, host:8443, *` names the host. A name stands for its
 * sub-domains too; `*.` and `.` in front change nothing. Nothing is looked up: an address stands for itself.
 */
function isExempt(url: URL, list: string): boolean {
  const host = hostOf(url);
  const port = placeOf(url).slice(placeOf(url).lastIndexOf(":") + 1);
  return list
    .split(/[\s,]+/)
    .filter((item) => item !== "")
    .some((item) => matches(item.toLowerCase(), host, port));
}

function matches(item: string, host: string, port: string): boolean {
  if (item === "*") return true;
  if (item.includes("/")) return isInRange(item, host);
  // An IPv6 address has colons of its own: it has a port only behind brackets.
  const found = /^\[(.*)\](?::(\d+))?$|^([^:]*)(?::(\d+))?$/.exec(item);
  const name = (found?.[1] ?? found?.[3] ?? item).replace(/^\*?\./, "").replace(/\.$/, "");
  const itemPort = found?.[2] ?? found?.[4];
  if (name === "" || (itemPort !== undefined && itemPort !== port)) return false;
  return host === name || (isIP(host) === 0 && host.endsWith(`.${name}`));
}

function isInRange(range: string, host: string): boolean {
  const [address = "", bits = ""] = range.replaceAll(/[[\]]/g, "").split("/", 2);
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) {
    return false;
  }
  const block = new BlockList();
  const type = family === 4 ? "ipv4" : "ipv6";
  block.addSubnet(address, Number(bits), type);
  return block.check(host, type);
}
