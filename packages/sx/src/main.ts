import { formatHelp, type Io, colorDecision, ExitCode, VERSION } from "@scorpiox/sxutil";
import { parseArgs, SX, type SxArgs } from "./args.js";

/**
 * The program behind `sx`; only the chosen path is loaded.
 * @returns the exit code
 * @throws Failure for what the caller should print as one line
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const args = parseArgs(argv);
  switch (args.kind) {
    case "help": {
      const color = colorDecision({ flag: undefined, env: io.env, isTTY: io.stdout.isTTY === true });
      io.stdout.write(formatHelp(SX, { columns: io.stdout.columns ?? 100, color }));
      return ExitCode.ok;
    }
    case "version":
      io.stdout.write(`sx ${VERSION}\n`);
      return ExitCode.ok;
    case "models":
      return (await import("./command-models.js")).printModels(args.options, io);
    case "limits":
      return (await import("./command-limits.js")).printLimits(args.options, io);
    case "completion":
      return (await import("./command-completion.js")).printCompletion(args.shell, io);
    case "sessions":
      return (await import("./sessions/command-sessions.js")).runSessions(args, io);
    case "doctor":
      return (await import("./doctor/run-doctor.js")).runDoctor(args.options, io);
    case "demo":
      return (await import("./demo/run-demo.js")).runDemo(args.options, io);
    case "run":
      return isChat(args, io)
        ? (await import("./run-chat.js")).runChat(args, io)
        : (await import("./run-once.js")).runOnce(args, io);
  }
}

/** A person is there: both ends are terminals, and no single answer was asked for. */
function isChat(args: Extract<SxArgs, { kind: "run" }>, io: Io): boolean {
  return (
    !args.options.print &&
    !args.readsStdin &&
    args.options["output-format"] === undefined &&
    args.options["output-schema"] === undefined &&
    !args.options.json &&
    io.stdin.isTTY === true &&
    io.stdout.isTTY === true
  );
}
