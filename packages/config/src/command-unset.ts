import {
  displayPath,
  ExitCode,
  type Io,
  quoted,
  readConfiguration,
  readEnvFile,
  unsetKey,
  UsageError,
} from "@scorpiox/sxutil";
import type { ConfigOptions } from "./args.js";
import { jsonValue, shownValue } from "./shown-value.js";
import { tierFiles } from "./target-file.js";
import { writeConfigurationFile } from "./write-file.js";

/**
 * Removes a key, known or not, from every file of a tier, and tells what counts now. A key that is not there is fine.
 * @throws UsageError for what can be no key; ConfigurationError for a broken file, which is left alone.
 */
export async function unsetValue(key: string, options: ConfigOptions, io: Io): Promise<number> {
  if (!/^[A-Z][A-Z0-9_]*$/.test(key))
    throw new UsageError(`${quoted(key)} is no key; keys are capital letters, digits and _`);
  const files = tierFiles(options, io);
  const removed: string[] = [];
  for (const { path, inProject, tier } of files) {
    if (readEnvFile(path, displayPath(path, io.home))?.entries.some((entry) => entry.key === key) !== true) continue;
    const access = inProject || tier === "global" ? "shared" : "private";
    const { written } = await writeConfigurationFile({ path, inProject, access }, (text) => unsetKey(text, key), io);
    if (written) removed.push(path);
  }
  const configuration = readConfiguration({ env: io.env, cwd: io.cwd, home: io.home, lenient: true });
  const value = configuration.value(key);
  if (options.json) {
    const left = value === undefined ? null : { value: jsonValue(key, value), tier: configuration.resolve(key)?.tier };
    io.stdout.write(`${JSON.stringify({ key, removed, left })}\n`);
    return ExitCode.ok;
  }
  for (const path of removed) io.stderr.write(`${key} removed from ${displayPath(path, io.home)}\n`);
  if (removed.length === 0) io.stderr.write(`${key} is not set in the ${files[0]?.tier ?? "user"} tier\n`);
  if (value !== undefined)
    io.stderr.write(`note: ${key} is now ${shownValue(key, value, false)} ${configuration.describe(key)}\n`);
  return ExitCode.ok;
}
