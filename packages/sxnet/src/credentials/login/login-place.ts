import { realpath } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { displayPath, quoted, scorpioxHome } from "@scorpiox/sxutil";
import type { AccessCredential } from "../../types.js";
import { type Credential, parseCredential } from "../credential.js";
import { CredentialError } from "../credential-error.js";
import { readCredentialFile } from "../credential-file.js";
import { keyOf, type LoginVendor, vendorOf } from "../login-vendor.js";
import type { SourceOptions } from "../source.js";

/** A file that may hold a login. */
export interface LoginPlace {
  readonly path: string;
  /** The path as people write it. */
  readonly name: string;
  /** `own`: our login; `chosen`: `CODEX_CREDENTIALS_FILE`; `official`: the official client's, which takes no lock. */
  readonly kind: "own" | "chosen" | "official";
  /** Whose login it is. Default: Codex. */
  readonly vendor?: LoginVendor | undefined;
}

/** A login that was found. */
export interface FoundLogin {
  readonly place: LoginPlace;
  readonly credential: Credential;
  /** One line each, for stderr. */
  readonly warnings: readonly string[];
}

type PlaceOptions = Pick<SourceOptions, "settings" | "home" | "env" | "vendor">;

/**
 * Our own file for a vendor's login: for Codex the one that `scorpiox-codex-fetchtoken login` writes.
 * @throws CredentialError `configuration`
 */
export function ownLoginPlace(options: PlaceOptions): LoginPlace {
  const { env, home } = options;
  const vendor = vendorOf(options);
  const path = join(scorpioxHome(env, home), vendor.ownFile);
  return { path, name: displayPath(path, home), kind: "own", vendor };
}

/**
 * The files to look into, in order: `CODEX_CREDENTIALS_FILE` alone if it is set; else `codex-auth.json` in
 * `~/.scorpiox`, then the official client's `auth.json` in `$CODEX_HOME` or `~/.codex`. Of other vendors the
 * corresponding ones.
 * @throws CredentialError `configuration` for a path that is not absolute.
 */
export function listLoginPlaces(options: PlaceOptions): readonly LoginPlace[] {
  const { settings, home } = options;
  const vendor = vendorOf(options);
  const key = keyOf(vendor, "CREDENTIALS_FILE");
  const chosen = settings[key];
  if (chosen === undefined || chosen === "") {
    const official = officialPath(options);
    return [ownLoginPlace(options), { path: official, name: displayPath(official, home), kind: "official", vendor }];
  }
  const path = chosen.startsWith("~/") ? join(home, chosen.slice(2)) : chosen;
  if (isAbsolute(path)) return [{ path, name: displayPath(path, home), kind: "chosen", vendor }];
  throw new CredentialError(
    "configuration",
    `${key} is ${quoted(chosen)}; give an absolute path, or one that starts with ~/`,
  );
}

function officialPath(options: PlaceOptions): string {
  const { env, home } = options;
  const { variable, folder, file } = vendorOf(options).official;
  const chosen = env[variable] ?? "";
  if (chosen !== "" && !isAbsolute(chosen)) {
    throw new CredentialError("configuration", `${variable} is ${quoted(chosen)} (environment); give an absolute path`);
  }
  return join(chosen === "" ? join(home, folder) : chosen, file);
}

/** The login in one place; undefined when there is no such file. @throws CredentialError; the signal's reason. */
export async function readLoginAt(place: LoginPlace, signal: AbortSignal | undefined): Promise<FoundLogin | undefined> {
  const { path, name } = place;
  const file = await readCredentialFile(path, { name, signal });
  if (file === undefined) return undefined;
  const credential = parseCredential(file.text, { name, savedAtMs: file.savedAtMs }, place.vendor);
  return { place, credential, warnings: file.warnings };
}

/**
 * The first login that exists, good or bad.
 * @throws CredentialError `login_needed` when there is none, and what `readLoginAt` throws.
 */
export async function findLogin(options: PlaceOptions, signal: AbortSignal | undefined): Promise<FoundLogin> {
  const places = listLoginPlaces(options);
  for (const place of places) {
    const login = await readLoginAt(place, signal);
    if (login !== undefined) return login;
  }
  const names = places.map(({ name }) => name);
  const vendor = vendorOf(options);
  const { title, logIn } = vendor;
  const key = keyOf(vendor, "CREDENTIALS_FILE");
  const message =
    names.length === 1
      ? `${key} names ${names.join("")}, which does not exist; correct it, or log in with ${logIn}`
      : `no ${title} login on this machine, neither ${names.join(" nor ")}; log in with ${logIn}, or set ${key}`;
  throw new CredentialError("login_needed", message);
}

/**
 * A running program does not go over to another account because somebody has logged in with it.
 * @throws CredentialError `login_needed`
 */
export function checkSameAccount(place: LoginPlace, before: AccessCredential, now: AccessCredential): void {
  if (before.accountId === undefined || now.accountId === undefined || before.accountId === now.accountId) return;
  const message = `${place.name} has become the login of another account (${quoted(now.accountId)}); start again to use it`;
  throw new CredentialError("login_needed", message);
}

/** Whether the user wants the official client's file refreshed as well. */
export function isShared(options: Pick<SourceOptions, "settings" | "vendor">): boolean {
  const value = options.settings[keyOf(vendorOf(options), "SHARE_LOGIN")];
  return /^(1|true|yes|on)$/iu.test(value ?? "");
}

/** Whether a place is the official client's file, also by another name. */
export async function isOfficial(place: LoginPlace, options: PlaceOptions): Promise<boolean> {
  if (place.kind === "official") return true;
  const official = officialPath(options);
  if (place.path === official) return true;
  const [ours, theirs] = await Promise.all([place.path, official].map((path) => realpath(path).catch(() => undefined)));
  return ours !== undefined && ours === theirs;
}
