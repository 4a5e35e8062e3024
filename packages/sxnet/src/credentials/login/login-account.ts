import { join } from "node:path";
import { displayPath, scorpioxHome } from "@scorpiox/sxutil";
import { CredentialError } from "../credential-error.js";
import { isOfficial, isShared, listLoginPlaces, type LoginPlace, ownLoginPlace } from "./login-place.js";
import type { SourceOptions } from "../source.js";

type PlaceOptions = Pick<SourceOptions, "settings" | "home" | "env">;

/** Whether an account may be called so: up to 64 letters, digits and `-_.`, and nothing that means a folder. */
export function isAccountName(name: string): boolean {
  return /^(?!\.)[A-Za-z0-9._-]{1,64}$/u.test(name);
}

/**
 * The file that login, logout and refresh are about: that of the named account (`~/.scorpiox/accounts/NAME.json`), else
 * `CODEX_CREDENTIALS_FILE`, else our own login. The official client's file only with `CODEX_SHARE_LOGIN=1`.
 * @throws CredentialError `configuration`
 */
export async function managedLoginPlace(account: string | undefined, options: PlaceOptions): Promise<LoginPlace> {
  if (account !== undefined) {
    if (!isAccountName(account)) throw new CredentialError("configuration", "this cannot be the name of an account");
    const path = join(scorpioxHome(options.env, options.home), "accounts", `${account}.json`);
    return { path, name: displayPath(path, options.home), kind: "own" };
  }
  const [first] = listLoginPlaces(options);
  const place = first ?? ownLoginPlace(options);
  if (!(await isOfficial(place, options)) || isShared(options)) return place;
  throw new CredentialError(
    "configuration",
    `CODEX_CREDENTIALS_FILE names ${place.name}, which belongs to the official client (codex); unset it, name another file, or set CODEX_SHARE_LOGIN=1`,
  );
}
