import { ExitCode, type Io } from "@scorpiox/sxutil";

/** A running server, as a command or another program needs to know it. */
export interface Place {
  readonly url: string;
  readonly port: number;
  /** Keys that point programs at it. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Keeps a server up for the length of a command, or, without one, until a signal; then the first line on stdout says
 * where it is.
 * @returns the command's exit code
 */
export async function serve(place: Place, command: readonly string[], io: Io): Promise<number> {
  if (command.length > 0) return runCommand(command, place, io);
  const { url, port, env } = place;
  io.stdout.write(`${JSON.stringify({ url, port, env })}\n`);
  if (!io.signal.aborted) {
    await new Promise<void>((resolve) => io.signal.addEventListener("abort", () => resolve(), { once: true }));
  }
  return ExitCode.ok;
}

async function runCommand(command: readonly string[], place: Place, io: Io): Promise<number> {
  const { runChild } = await import("./run-child.js");
  const { PROVIDER: own, ...keys } = place.env;
  const chosen = io.env["PROVIDER"];
  // A provider that the caller has chosen stays chosen.
  const provider =
    chosen !== undefined && chosen !== "" ? { PROVIDER: chosen } : own === undefined ? {} : { PROVIDER: own };
  return runChild(command, { ...io.env, ...keys, ...provider }, io);
}
