import { ProviderError } from "./errors.js";

interface AddressOptions {
  /** The setting the value comes from; named in errors. */
  readonly key: string;
  readonly provider: string;
  /**
   * Nothing secret goes there: then plain http is taken in the local network as well, to addresses that are not
   * routed on the internet and to names that only a local network knows.
   */
  readonly withoutSecrets?: boolean;
}

interface EndpointOptions extends AddressOptions {
  /** The full default URL of the endpoint. */
  readonly fallback: string;
}

const MAX_SHOWN_CHARS = 200;

/**
 * The URL to send to. `value` may be an origin, an origin with a path prefix, or a full endpoint: when its last path
 * segment occurs in the default path, the default continues after it, otherwise the whole default path is appended.
 * So `/v1` is never doubled. Unset or empty: the fallback.
 * @throws ProviderError `configuration` for anything else, also for http to another machine: a credential must not
 * travel in clear.
 */
export function resolveEndpoint(value: string | undefined, options: EndpointOptions): string {
  const text = value?.trim() ?? "";
  if (text === "") return options.fallback;
  const url = parseBase(text, options);
  const fallback = new URL(options.fallback);
  const given = segments(url.pathname);
  const whole = segments(fallback.pathname);
  const met = given.length === 0 ? -1 : whole.lastIndexOf(given.at(-1) ?? "");
  const path = [...given, ...whole.slice(met + 1)].join("/");
  return `${url.origin}/${path}${fallback.search}`;
}

function segments(path: string): readonly string[] {
  return path.split("/").filter((segment) => segment !== "");
}

/**
 * An address as settings may hold it: https, or http to this machine, without user name, query and fragment.
 * @throws ProviderError `configuration`, with what could be a secret in the value masked.
 */
export function parseBase(text: string, options: AddressOptions): URL {
  // The URL parser would silently drop tabs and line ends, and read a backslash as a slash.
  if (/[\s\\\u0000-\u001f\u007f]/.test(text)) throw refuse(text, options, "remove white space and backslashes");
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // The parser's own message says less than ours.
    throw refuse(text, options, "give an address such as https://host or https://host/prefix");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw refuse(text, options, "begin it with https://");
  }
  if (url.username !== "" || url.password !== "" || /^\w+:\/*[^/?#]*@/.test(text)) {
    throw refuse(text, options, "remove the user name and password; credentials have keys of their own");
  }
  if (/[?#]/.test(text)) throw refuse(text, options, "remove everything from the ? or # on");
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    if (!isLocal(url.hostname) || options.withoutSecrets === undefined) {
      throw refuse(text, options, "use https://; plain http is for this machine only");
    }
    if (!options.withoutSecrets) {
      throw refuse(text, options, "use https://, or send no key: it must not travel in clear");
    }
  }
  return url;
}

/** `hostname` as the URL parser writes it: every spelling of an IPv4 address is four decimal numbers by then. */
function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/**
 * Addresses for private use (RFC 1918, 3927, 6598, 4193, 4291), names without a dot, and the endings that are never
 * delegated (RFC 6762, 8375; `.internal` is reserved by ICANN) or that home routers hand out.
 */
function isLocal(hostname: string): boolean {
  if (hostname.startsWith("[")) return /^\[(f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):/.test(hostname);
  const octets = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(hostname);
  if (octets === null) return /^[^.]+$|\.(local|lan|internal|home\.arpa)$/.test(hostname);
  const [first, second] = [Number(octets[1]), Number(octets[2])];
  return (
    first === 10 ||
    (first === 172 && second >= 16 && second <= 31) ||
    (first === 192 && second === 168) ||
    (first === 169 && second === 254) ||
    (first === 100 && second >= 64 && second <= 127)
  );
}

function refuse(text: string, options: AddressOptions, advice: string): ProviderError {
  return new ProviderError("configuration", `${options.key} is ${show(text)}; ${advice}`, {
    provider: options.provider,
    key: options.key,
  });
}

/** The value as it may be printed: what could be a password or a key in it is masked. */
function show(text: string): string {
  const masked = text.replace(/^([^/?#@]*:[/\\]*|[/\\]*)[^/\\?#]*@/, "$1***@").replace(/([?#]).+$/s, "$1***");
  return JSON.stringify(masked.length > MAX_SHOWN_CHARS ? `${masked.slice(0, MAX_SHOWN_CHARS)}…` : masked);
}
