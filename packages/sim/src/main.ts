import { colorDecision, ExitCode, formatHelp, type Io, VERSION } from "@scorpiox/sxutil";
import { parseArgs, SPEC } from "./args.js";

export async function main(argv: readonly string[], io: Io): Promise<number> {
  const args = parseArgs(argv);
  switch (args.kind) {
    case "help": {
      const { columns = 80, isTTY = false } = io.stdout;
      io.stdout.write(formatHelp(args.of, { columns, color: colorDecision({ flag: undefined, env: io.env, isTTY }) }));
      return ExitCode.ok;
    }
    case "version":
      io.stdout.write(`${SPEC.name} ${VERSION}\n`);
      return ExitCode.ok;
    case "authority":
    case "token-server":
      return (await import("./run-tokens.js")).runTokens(args, io);
    case "run":
      return (await import("./run.js")).run(args, io);
  }
}
