import { ExitCode, type Io, keyReferenceMarkdown, KEYS, oneLine } from "@scorpiox/sxutil";
import type { ConfigOptions } from "./args.js";

/** Prints the table of keys: for people, as JSON, or as the table of the page. */
export function printKeys(options: ConfigOptions, io: Io): number {
  if (options.json) io.stdout.write(`${JSON.stringify({ keys: KEYS }, null, 2)}\n`);
  else if (options.markdown) io.stdout.write(`${keyReferenceMarkdown()}\n`);
  else {
    const width = Math.max(...KEYS.map(({ name }) => name.length));
    for (const { name, class: keyClass, help } of KEYS) {
      io.stdout.write(`${name.padEnd(width)}  ${keyClass.padEnd(9)}  ${oneLine(help)}\n`);
    }
  }
  return ExitCode.ok;
}
