import type { Io } from "@scorpiox/sxutil";

/** Whether a person can be asked: there is a terminal to read from and one to write to. */
export function canAsk(io: Io): boolean {
  return io.stdin.isTTY === true && io.stderr.isTTY === true;
}

/**
 * Asks on stderr; only `y` or `yes` is a yes. Ctrl+C and Ctrl+D are a no. The terminal is left as it was.
 * @throws the signal's reason
 */
export async function askYes(question: string, io: Io): Promise<boolean> {
  io.signal.throwIfAborted();
  const { createInterface } = await import("node:readline");
  const reader = createInterface({ input: io.stdin, output: io.stderr, terminal: true, historySize: 0, prompt: "" });
  const leave = (): void => reader.close();
  io.signal.addEventListener("abort", leave, { once: true });
  try {
    io.stderr.write(`${question} [y/N] `);
    const answer = await new Promise<string>((resolve) => {
      reader.once("line", resolve);
      reader.once("SIGINT", () => resolve(""));
      reader.once("close", () => resolve(""));
    });
    io.signal.throwIfAborted();
    return /^\s*y(?:es)?\s*$/i.test(answer);
  } finally {
    io.signal.removeEventListener("abort", leave);
    reader.close();
  }
}
