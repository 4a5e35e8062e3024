import { ExitCode, formatCompletion, type Io } from "@scorpiox/sxutil";
import { type CompletionArgs, FETCHTOKEN } from "./args.js";

/** Prints the completion script of a shell. @returns the exit code */
export function printCompletion({ shell }: CompletionArgs, io: Pick<Io, "stdout">): number {
  io.stdout.write(formatCompletion(FETCHTOKEN, shell));
  return ExitCode.ok;
}
