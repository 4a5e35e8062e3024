import { realpath } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { displayPath, quoted, scorpioxHome } from "@scorpiox/sxutil";
import type { AccessCredential } from "../types.js";
import { type Credential, parseCredential } from "./credential.js";
import { CredentialError } from "./credential-error.js";
import { readCredentialFile } from "./credential-file.js";
import type { SourceOptions } from "./source.js";

/** A file that may hold a login. */
export interface LoginPlace {
  readonly path: string;
  /** The path as people write it. */
  readonly name: string;
  /** `own`: our login; `chosen`: `CODEX_CREDENTIALS_FILE`; `official`: the official client's, which takes no lock. */
  readonly kind: "own" | "chosen" | "official";
}

/** A login that was found. */
export interface FoundLogin {
  readonly place: LoginPlace;
  readonly credential: Credential;
  /** One line each, for stderr. */
  readonly warnings: readonly string[];
}

type PlaceOptions = Pick<SourceOptions, "settings" | "home" | "env">;

/** Where `scorpiox-codex-fetchtoken login` keeps its login. @throws CredentialError `configuration` */
export function ownLoginPlace({ env, home }: PlaceOptions): LoginPlace {
  const path = join(scorpioxHome(env, home), "codex-auth.json");
  return { path, name: displayPath(path, home), kind: "own" };
}

/**
 * The files to look into, in order: `CODEX_CREDENTIALS_FILE` alone if it is set; else `codex-auth.json` in
 * `~/.scorpiox`, then the official client's `auth.json` in `$CODEX_HOME` or `~/.codex`.
 * @throws CredentialError `configuration` for a path that is not absolute.
 */
export function listLoginPlaces(options: PlaceOptions): readonly LoginPlace[] {
  const { settings, home } = options;
  const chosen = settings["CODEX_CREDENTIALS_FILE"];
  if (chosen === undefined || chosen === "") {
    const official = officialPath(options);
    return [ownLoginPlace(options), { path: official, name: displayPath(official, home), kind: "official" }];
  }
  const path = chosen.startsWith("~/") ? join(home, chosen.slice(2)) : chosen;
  if (isAbsolute(path)) return [{ path, name: displayPath(path, home), kind: "chosen" }];
  throw new CredentialError(
    "configuration",
    `CODEX_CREDENTIALS_FILE is ${quoted(chosen)}; give an absolute path, or one that starts with ~/`,
  );
}

function officialPath({ env, home }: PlaceOptions): string {
  const codexHome = env["CODEX_HOME"] ?? "";
  if (codexHome !== "" && !isAbsolute(codexHome)) {
    throw new CredentialError(
      "configuration",
      `CODEX_HOME is ${quoted(codexHome)} (environment); give an absolute path`,
    );
  }
  return join(codexHome === "" ? join(home, ".codex") : codexHome, "auth.json");
}

/** The login in one place; undefined when there is no such file. @throws CredentialError; the signal's reason. */
export async function readLoginAt(place: LoginPlace, signal: AbortSignal | undefined): Promise<FoundLogin | undefined> {
  const { path, name } = place;
  const file = await readCredentialFile(path, { name, signal });
  if (file === undefined) return undefined;
  const credential = parseCredential(file.text, { name, savedAtMs: file.savedAtMs });
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
  const message =
    names.length === 1
      ? `CODEX_CREDENTIALS_FILE names ${names.join("")}, which does not exist; correct it, or log in with scorpiox-codex-fetchtoken login`
      : `no Codex login on this machine, neither ${names.join(" nor ")}; log in with scorpiox-codex-fetchtoken login, or set CODEX_CREDENTIALS_FILE`;
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
export function isShared({ settings }: Pick<SourceOptions, "settings">): boolean {
  return /^(1|true|yes|on)$/iu.test(settings["CODEX_SHARE_LOGIN"] ?? "");
}

/** Whether a place is the official client's file, also by another name. */
export async function isOfficial(place: LoginPlace, options: PlaceOptions): Promise<boolean> {
  if (place.kind === "official") return true;
  const official = officialPath(options);
  if (place.path === official) return true;
  const [ours, theirs] = await Promise.all([place.path, official].map((path) => realpath(path).catch(() => undefined)));
  return ours !== undefined && ours === theirs;
}
