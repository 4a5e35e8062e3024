import {
  displayPath,
  findKey,
  isSecret,
  maskSecret,
  oneLine,
  readConfiguration,
  setKey,
  updateEnvFile,
  userFiles,
} from "@scorpiox/sxutil";
import type { ChatControl } from "./slash-command.js";

type Place = Pick<ChatControl, "io" | "cwd">;

/** The file of the user tier that settings are written to; absolute. */
export function userSettingsFile({ io }: Pick<Place, "io">): string {
  return userFiles(io.env, io.home).at(-1) ?? "";
}

/**
 * Sets one key in the user's own file; every other character of it stays.
 * @returns a line that says which place still wins for the next start, if one does
 * @throws ConfigurationError, Failure: the file is then as it was
 */
export async function writeUserSetting({ io, cwd }: Place, key: string, value: string): Promise<string | undefined> {
  const path = userSettingsFile({ io });
  const { env, home, signal } = io;
  await updateEnvFile({ env, home, path, access: "private", signal }, (text) => setKey(text, key, value));
  const now = readConfiguration({ env, cwd, home, lenient: true });
  const resolved = now.resolve(key);
  if (resolved === undefined || resolved.path === path) return undefined;
  return `${key} stays ${shownSetting(key, resolved.value)} ${now.describe(key)}, which wins over ${displayPath(path, home)}`;
}

/** A value on one line, a secret masked. */
export function shownSetting(key: string, value: string): string {
  const spec = findKey(key);
  return spec !== undefined && isSecret(spec) ? maskSecret(value) : oneLine(value, 300);
}
