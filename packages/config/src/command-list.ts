import { type Configuration, displayPath, ExitCode, type Io, readConfiguration, type Resolved } from "@scorpiox/sxutil";
import type { ConfigOptions } from "./args.js";
import { mayReveal, shownBelow, shownOrigin, shownValue, toJson } from "./shown-value.js";

/** Prints every value that is set, one `KEY=VALUE` a line. What is wrong somewhere is said on stderr, and does not stop it. */
export function listValues(options: ConfigOptions, io: Io): number {
  const reveal = mayReveal(options, io);
  const configuration = readConfiguration({ env: io.env, cwd: io.cwd, home: io.home, lenient: true });
  const listed = chooseEntries(configuration, options);
  if (options.json) {
    const document = {
      settings: listed.map((entry) => toJson(entry, reveal)),
      ignored: configuration.ignored.map(({ key, reason, tier, path, line }) => ({
        key,
        reason,
        tier,
        path: path ?? null,
        line: line ?? null,
      })),
      files: configuration.files,
      warnings: configuration.warnings,
    };
    io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return ExitCode.ok;
  }
  for (const warning of configuration.warnings) io.stderr.write(`scorpiox-config: ${warning}\n`);
  if (options.files) {
    for (const { tier, path, found } of configuration.files) {
      io.stdout.write(`${tier}\t${found ? "found" : "absent"}\t${displayPath(path, io.home)}\n`);
    }
    return ExitCode.ok;
  }
  for (const entry of listed) {
    const origin = options["show-origin"] ? `${shownOrigin(entry, io)}\t` : "";
    io.stdout.write(`${origin}${entry.key}=${shownValue(entry.key, entry.value, reveal)}\n`);
    if (!options["show-origin"]) continue;
    for (const line of shownBelow(entry.key, configuration, reveal, io)) io.stdout.write(`${line}\n`);
  }
  return ExitCode.ok;
}

/** Values that count; with `--tier` what that tier says, also where another one wins. */
function chooseEntries(configuration: Configuration, { tier, all }: ConfigOptions): readonly Resolved[] {
  const entries = configuration.entries();
  if (tier === undefined) return entries.filter((entry) => all || entry.tier !== "default");
  return entries.flatMap((entry) => {
    if (entry.tier === tier) return [entry];
    const at = entry.shadows.findIndex((shadow) => shadow.tier === tier);
    const found = entry.shadows[at];
    return found === undefined ? [] : [{ ...found, key: entry.key, shadows: entry.shadows.slice(at + 1) }];
  });
}
