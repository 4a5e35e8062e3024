import { colorDecision, ExitCode, formatHelp, type Io, VERSION } from "@scorpiox/sxutil";
import { CONFIG, parseArgs } from "./args.js";

/**
 * The program behind `scorpiox-config`; only the chosen path is loaded.
 * @returns the exit code
 * @throws Failure for what the caller should print as one line
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  // The setup has a command line of its own, and its parts are loaded for it alone.
  if (argv[0] === "init") return await (await import("./command-init.js")).initSetup(argv.slice(1), io);
  if (argv.length === 0 && io.stdin.isTTY === true && io.stdout.isTTY === true) {
    return await (await import("./run-wizard.js")).runWizard(io);
  }
  const args = parseArgs(argv);
  switch (args.kind) {
    case "help": {
      const color = colorDecision({ flag: undefined, env: io.env, isTTY: io.stdout.isTTY });
      io.stdout.write(formatHelp(CONFIG, { columns: io.stdout.columns ?? 100, color }));
      return ExitCode.ok;
    }
    case "version":
      io.stdout.write(`${CONFIG.name} ${VERSION}\n`);
      return ExitCode.ok;
    case "get":
      return (await import("./command-get.js")).getValue(args.key, args.options, io);
    case "set":
      return await (await import("./command-set.js")).setValue(args.key, args.value, args.options, io);
    case "unset":
      return await (await import("./command-unset.js")).unsetValue(args.key, args.options, io);
    case "list":
      return (await import("./command-list.js")).listValues(args.options, io);
    case "check":
      return (await import("./command-check.js")).checkFiles(args.options, io);
    case "keys":
      return (await import("./command-keys.js")).printKeys(args.options, io);
    case "profile":
      return await (await import("./command-profile.js")).runProfile(args, io);
    case "trust":
      return await (await import("./command-trust.js")).trustProject(args.path, args.options, io);
    case "completion":
      return (await import("./command-completion.js")).printCompletion(args.shell, io);
  }
}
