import type { Question, SourceOptions } from "@scorpiox/sxnet/credentials";
import type { Io } from "@scorpiox/sxutil";

/**
 * Asks the person at the terminal, on stderr: stdout belongs to the token. A secret answer is not shown.
 * @returns `undefined` where there is no terminal: then nothing is ever asked
 */
export function terminalQuestion(io: Io): SourceOptions["ask"] {
  return io.stdin.isTTY === true && io.stderr.isTTY === true
    ? (question, signal) => askOnce(question, signal, io)
    : undefined;
}

/** Ctrl+C and Ctrl+D are no answer. Rejects with the signal's reason; the terminal is left as it was. */
async function askOnce(question: Question, signal: AbortSignal, io: Io): Promise<string | undefined> {
  signal.throwIfAborted();
  const [{ createInterface }, { Writable }] = await Promise.all([import("node:readline"), import("node:stream")]);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({
    input: io.stdin,
    output: question.secret ? nowhere : io.stderr,
    terminal: true,
    historySize: 0,
    prompt: "",
  });
  io.stderr.write(question.text);
  const leave = (): void => reader.close();
  signal.addEventListener("abort", leave, { once: true });
  try {
    const answer = await new Promise<string | undefined>((resolve) => {
      reader.once("line", resolve);
      reader.once("SIGINT", () => resolve(undefined));
      reader.once("close", () => resolve(undefined));
    });
    signal.throwIfAborted();
    return answer;
  } finally {
    signal.removeEventListener("abort", leave);
    reader.close();
    if (question.secret) io.stderr.write("\n");
  }
}
