import { colorDecision, ExitCode, formatHelp, type Io, VERSION } from "@scorpiox/sxutil";
import { FETCHTOKEN, parseArgs } from "./args.js";

/**
 * The program behind `scorpiox-codex-fetchtoken`; only the chosen path is loaded.
 * @returns the exit code
 * @throws Failure for what the caller should print as one line
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const args = parseArgs(argv);
  switch (args.kind) {
    case "help": {
      const color = colorDecision({ flag: undefined, env: io.env, isTTY: io.stdout.isTTY });
      io.stdout.write(formatHelp(FETCHTOKEN, { columns: io.stdout.columns ?? 100, color }));
      return ExitCode.ok;
    }
    case "version":
      io.stdout.write(`${FETCHTOKEN.name} ${VERSION}\n`);
      return ExitCode.ok;
    case "print":
      return await (await import("./command-print.js")).printCredential(args, io, Date.now);
    case "login":
      return await (await import("./command-login.js")).logIn(args, io, Date.now);
    case "status":
      return await (await import("./command-status.js")).showStatus(args, io, Date.now);
    case "refresh":
      return await (await import("./command-refresh.js")).refreshCommand(args, io, Date.now);
    case "logout":
      return await (await import("./command-logout.js")).logOut(args, io, Date.now);
    case "completion":
      return (await import("./command-completion.js")).printCompletion(args, io);
  }
}
