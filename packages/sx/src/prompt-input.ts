import { ExitCode, Failure, type InputStream } from "@scorpiox/sxutil";

/** More than this is not a prompt; the model could not read it either. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Everything that is piped in, as text.
 * @throws Failure `bad_input` when it is too large or not UTF-8; the signal's reason when that comes first.
 */
export async function readPipedText(stdin: InputStream, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const leave = (): unknown => stdin.destroy();
  signal.addEventListener("abort", leave, { once: true });
  try {
    for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      size += bytes.length;
      if (size > MAX_BYTES) {
        throw new Failure(
          "bad_input",
          ExitCode.badInput,
          `stdin holds more than ${MAX_BYTES / 1024 / 1024} MiB; put it into a file and name the file`,
        );
      }
      chunks.push(bytes);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", leave);
  }
  signal.throwIfAborted();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new Failure("bad_input", ExitCode.badInput, "stdin is not UTF-8 text; put it into a file and name the file", {
      cause,
    });
  }
}

/** The prompt that a piped text and a given one make together; the piped text is marked as such. */
export function joinPrompt(prompt: string | undefined, piped: string | undefined): string {
  const given = prompt?.trim() ?? "";
  const extra = piped?.trim() ?? "";
  if (extra === "") return given;
  return given === "" ? extra : `${given}\n\n<stdin>\n${extra}\n</stdin>`;
}
