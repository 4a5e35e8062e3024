import { ExitCode, type Io, readConfiguration } from "@scorpiox/sxutil";
import type { ConfigOptions } from "./args.js";
import { mayReveal, shownOrigin, shownValue, toJson } from "./shown-value.js";

/** Prints every value that is set, one `KEY=VALUE` a line. What is wrong somewhere is said on stderr, and does not stop it. */
export function listValues(options: ConfigOptions, io: Io): number {
  const reveal = mayReveal(options, io);
  const configuration = readConfiguration({ env: io.env, cwd: io.cwd, home: io.home, lenient: true });
  const listed = configuration.entries().filter((entry) => options.all || entry.tier !== "default");
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
  for (const entry of listed) {
    const origin = options["show-origin"] ? `${shownOrigin(entry, io)}\t` : "";
    io.stdout.write(`${origin}${entry.key}=${shownValue(entry.key, entry.value, reveal)}\n`);
  }
  return ExitCode.ok;
}
