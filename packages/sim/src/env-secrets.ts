import { findKey } from "@scorpiox/sxutil";

/** Names under which programs keep credentials. */
const SECRET_NAME = /(?:^|_)(?:KEY|TOKEN|SECRET|PASS|PASSWORD|PASSWD|PASSPHRASE|PAT)$/;

/** Values of the environment that must not reach a recording: those of our secret keys, and of names like them. */
export function secretValues(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && value !== "" && (SECRET_NAME.test(name) || findKey(name)?.class === "secret") ? [value] : [],
  );
}
