import { ExitCode, type Io, readConfiguration } from "@scorpiox/sxutil";
import type { ConfigOptions } from "./args.js";
import { knownKey } from "./known-key.js";
import { mayReveal, shownBelow, shownOrigin, shownValue, toJson } from "./shown-value.js";

/**
 * Prints the value that counts. Nothing, and exit code 1, when the key is not set and has no default.
 * @throws ConfigurationError when a file or value is wrong: an answer would then be a guess.
 */
export function getValue(key: string, options: ConfigOptions, io: Io): number {
  knownKey(key);
  const reveal = mayReveal(options, io);
  const configuration = readConfiguration(io);
  for (const warning of configuration.warnings) io.stderr.write(`scorpiox-config: ${warning}\n`);
  const resolved = configuration.resolve(key);
  if (resolved === undefined) return ExitCode.failure;
  if (options.json) {
    io.stdout.write(`${JSON.stringify(toJson(resolved, reveal))}\n`);
    return ExitCode.ok;
  }
  const origin = options["show-origin"] ? `${shownOrigin(resolved, io)}\t` : "";
  io.stdout.write(`${origin}${shownValue(key, resolved.value, reveal)}\n`);
  if (options["show-origin"])
    for (const line of shownBelow(key, configuration, reveal, io)) io.stdout.write(`${line}\n`);
  return ExitCode.ok;
}
