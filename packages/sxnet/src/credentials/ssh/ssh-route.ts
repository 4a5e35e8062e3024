import { userInfo } from "node:os";
import { isAbsolute, join } from "node:path";
import { displayPath, quoted } from "@scorpiox/sxutil";
import { CredentialError } from "../credential-error.js";
import { knownHostName } from "./known-hosts.js";
import { keyOf, type LoginVendor, vendorOf } from "../login-vendor.js";
import { findSshConfig, type SshHostConfig } from "./ssh-config.js";
import type { SshStop } from "./ssh-connect.js";
import { describePlace, isHostName, isUserName, parseJumps, parsePort, type SshPlace } from "./ssh-host.js";
import { HostCheck, type HostKeyPolicy } from "./ssh-host-check.js";
import type { Question, SourceOptions } from "../source.js";

const POLICIES: readonly HostKeyPolicy[] = ["yes", "ask", "accept-new"];

/** More jumps than these are a circle. */
const MAX_STOPS = 8;

/** What the `CODEX_SSH_*` keys ask for, or another vendor's; read and checked, nothing has been looked up yet. */
export interface SshWish {
  /** Whose keys these are, and whose login is looked for. */
  readonly vendor: LoginVendor;
  /** A name or address, or an alias of the SSH configuration. */
  readonly host: string;
  /** Undefined: what the SSH configuration says, else the local user. */
  readonly user?: string;
  /** Undefined: what the SSH configuration says, else 22. */
  readonly port?: number;
  readonly password?: string;
  /** Absolute. */
  readonly keyFile?: string;
  readonly passphrase?: string;
  /** Absolute. */
  readonly knownHosts?: string;
  readonly pinned?: string;
  readonly policy: HostKeyPolicy;
  /** On the other machine, from the user's home there unless absolute. Undefined: the usual places. */
  readonly path?: string;
}

/** @throws CredentialError `configuration`, which names the key. */
export function readSshWish(options: Pick<SourceOptions, "settings" | "home" | "vendor">): SshWish {
  const { settings, home } = options;
  const vendor = vendorOf(options);
  const key = (name: string): string => keyOf(vendor, name);
  const value = (name: string): string | undefined => settings[key(name)] || undefined;
  const host = readHost(value("SSH_HOST"), key);
  const user = value("SSH_USER");
  if (user !== undefined && !isUserName(user)) throw wrong(key("SSH_USER"), user, "give a user name");
  const digits = value("SSH_PORT");
  const port = digits === undefined ? undefined : parsePort(digits);
  if (digits !== undefined && port === undefined) throw wrong(key("SSH_PORT"), digits, "give a number from 1 to 65535");
  const policy = POLICIES.find((name) => name === (value("SSH_STRICT") ?? "yes"));
  if (policy === undefined) throw wrong(key("SSH_STRICT"), value("SSH_STRICT"), "choose yes, ask or accept-new");
  const local = (name: string): string | undefined => {
    const written = value(name);
    const path = written?.startsWith("~/") === true ? join(home, written.slice(2)) : written;
    if (path === undefined || isAbsolute(path)) return path;
    throw wrong(key(name), written, "give an absolute path, or one that starts with ~/");
  };
  return {
    vendor,
    host,
    policy,
    ...defined("user", user),
    // 22 is also what stands there when nobody has chosen a port.
    ...defined("port", port === 22 ? undefined : port),
    ...defined("password", value("SSH_PASS")),
    ...defined("keyFile", local("SSH_KEY")),
    ...defined("passphrase", value("SSH_KEY_PASS")),
    ...defined("knownHosts", local("SSH_KNOWN_HOSTS")),
    ...defined("pinned", readPinned(value("SSH_HOST_KEY"), key)),
    ...defined("path", readRemotePath(value("SSH_PATH"), key)),
  };
}

/** The whole name of a setting. */
type KeyNamer = (name: string) => string;

function readHost(written: string | undefined, key: KeyNamer): string {
  if (written === undefined) {
    const message = `${key("SSH_HOST")} is not set; name the machine whose login is to be used`;
    throw new CredentialError("configuration", message);
  }
  const host = /^\[(.+)\]$/u.exec(written)?.[1] ?? written;
  if (isHostName(host)) return host;
  const advice = `give a name or an address alone; user and port have keys of their own, ${key("SSH_USER")} and ${key("SSH_PORT")}`;
  throw wrong(key("SSH_HOST"), written, advice);
}

function readPinned(written: string | undefined, key: KeyNamer): string | undefined {
  const pinned = written?.replace(/=+$/u, "");
  if (pinned === undefined || /^SHA256:[A-Za-z0-9+/]{43}$/u.test(pinned)) return pinned;
  throw wrong(key("SSH_HOST_KEY"), written, "give SHA256: and 43 characters, as ssh-keygen -lf shows it");
}

function readRemotePath(written: string | undefined, key: KeyNamer): string | undefined {
  const path = written?.replace(/^~\/+/u, "");
  if (path === undefined) return undefined;
  const isOdd = path === "" || path.startsWith("~") || /\p{Cc}/u.test(path) || path.length > 4096;
  if (isOdd)
    throw wrong(key("SSH_PATH"), written, "give a path on that machine, absolute or from the home folder there");
  return path;
}

function wrong(key: string, value: string | undefined, advice: string): CredentialError {
  return new CredentialError("configuration", `${key} is ${quoted(value ?? "")}; ${advice}`);
}

/** What a route is found with. `ask` may take its time: nobody counts it. */
export interface RouteContext {
  readonly options: Pick<SourceOptions, "home" | "env">;
  readonly ask?: ((question: Question) => Promise<string | undefined>) | undefined;
  readonly signal: AbortSignal;
}

/**
 * Every machine on the way, the last one being where the file is. Jump hosts come from the SSH configuration alone:
 * neither the password nor the pinned key of the settings is for them.
 * @throws CredentialError
 */
export async function findRoute(wish: SshWish, context: RouteContext): Promise<readonly SshStop[]> {
  const config = await readConfig(wish.host, context);
  const stops = await findJumps(config.proxyJump, wish, context, MAX_STOPS);
  return [...stops, await openStop(wish, config, wish, context)];
}

/** The nearest jump host may itself need one; for the others the list says all there is. */
async function findJumps(
  list: string | undefined,
  wish: SshWish,
  context: RouteContext,
  left: number,
): Promise<readonly SshStop[]> {
  const places = parseJumps(list ?? "");
  if (places.length > left) {
    throw new CredentialError(
      "configuration",
      "ProxyJump in the SSH configuration leads through too many hosts; see ssh -G",
    );
  }
  const stops: SshStop[] = [];
  for (const [index, place] of places.entries()) {
    const config = await readConfig(place.host, context);
    if (index === 0) stops.push(...(await findJumps(config.proxyJump, wish, context, left - places.length)));
    stops.push(await openStop(place, config, wish, context));
  }
  return stops;
}

function readConfig(host: string, { options, signal }: RouteContext): Promise<SshHostConfig> {
  return findSshConfig(host, { home: options.home, env: options.env, signal });
}

async function openStop(
  place: SshPlace,
  config: SshHostConfig,
  wish: SshWish,
  { options, ask, signal }: RouteContext,
): Promise<SshStop> {
  const isTarget = place === wish;
  const { home, env } = options;
  const host = config.hostName;
  const port = place.port ?? config.port;
  const user = place.user ?? config.user ?? localUser(wish.vendor);
  if (!isHostName(host))
    throw new CredentialError(
      "configuration",
      `HostName of ${place.host} in the SSH configuration is ${quoted(host)}; give a name or an address`,
    );
  const shown = describePlace({ host: place.host, port, user });
  const [userFiles, systemFiles] =
    wish.knownHosts === undefined ? [config.userKnownHosts, config.systemKnownHosts] : [[wish.knownHosts], []];
  const check = await HostCheck.open({
    name: config.hostKeyAlias?.toLowerCase() ?? knownHostName(host, port),
    place: shown,
    vendor: wish.vendor,
    home,
    userFiles,
    systemFiles,
    policy: config.strict ? "yes" : wish.policy,
    pinned: isTarget ? wish.pinned : undefined,
    hashNewNames: config.hashKnownHosts,
    ask,
    signal,
  });
  const keyFile = isTarget ? wish.keyFile : undefined;
  const socket = config.identityAgent ?? env["SSH_AUTH_SOCK"];
  return {
    host,
    port,
    place: shown,
    check,
    login: {
      user,
      place: shown,
      home,
      vendor: wish.vendor,
      agentSocket: socket === "none" || socket === "" ? undefined : socket,
      keyFiles: keyFile === undefined ? config.identityFiles : [keyFile],
      required: keyFile !== undefined,
      onlyThese: keyFile !== undefined || config.identitiesOnly,
      passphrase: wish.passphrase,
      password: isTarget ? wish.password : undefined,
      ask,
    },
  };
}

function localUser(vendor: LoginVendor): string {
  try {
    return userInfo().username;
  } catch (cause) {
    const message = `this process has no user name; set ${keyOf(vendor, "SSH_USER")}`;
    throw new CredentialError("configuration", message, { cause });
  }
}

/** Where the file is, for messages and for `--verbose`. */
export function describeRemote(wish: SshWish, home: string): string {
  const place = describePlace(wish);
  return wish.path === undefined ? place : `${place}:${displayPath(wish.path, home)}`;
}

function defined<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
