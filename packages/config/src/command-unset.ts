import {
  displayPath,
  ExitCode,
  type Io,
  quoted,
  readConfiguration,
  readEnvFile,
  unsetKey,
  updateEnvFile,
  UsageError,
} from "@scorpiox/sxutil";
import type { ConfigOptions } from "./args.js";
import { shownValue } from "./shown-value.js";
import { tierFiles } from "./target-file.js";

/**
 * Removes a key, known or not, from every file of a tier, and tells what counts now. A key that is not there is fine.
 * @throws UsageError for what can be no key; ConfigurationError for a broken file, which is left alone.
 */
export async function unsetValue(key: string, options: ConfigOptions, io: Io): Promise<number> {
  if (!/^[A-Z][A-Z0-9_]*$/.test(key))
    throw new UsageError(`${quoted(key)} is no key; keys are capital letters, digits and _`);
  const files = tierFiles(options, io);
  let removed = false;
  for (const { path, inProject } of files) {
    const shown = displayPath(path, io.home);
    if (readEnvFile(path, shown)?.entries.some((entry) => entry.key === key) !== true) continue;
    const access = inProject ? "shared" : "private";
    const update = { env: io.env, home: io.home, path, access, signal: io.signal } as const;
    if (!(await updateEnvFile(update, (text) => unsetKey(text, key)))) continue;
    removed = true;
    io.stderr.write(`${key} removed from ${shown}\n`);
  }
  if (!removed) io.stderr.write(`${key} is not set in the ${files[0]?.tier ?? "user"} tier\n`);
  const configuration = readConfiguration({ env: io.env, cwd: io.cwd, home: io.home, lenient: true });
  const value = configuration.value(key);
  if (value !== undefined)
    io.stderr.write(`note: ${key} is now ${shownValue(key, value, false)} ${configuration.describe(key)}\n`);
  return ExitCode.ok;
}
