import { ExitCode, formatCompletion, type Io, type Shell } from "@scorpiox/sxutil";
import { CONFIG } from "./args.js";

/** Prints the completion script of a shell. @returns the exit code */
export function printCompletion(shell: Shell, io: Pick<Io, "stdout">): number {
  io.stdout.write(formatCompletion(CONFIG, shell));
  return ExitCode.ok;
}
