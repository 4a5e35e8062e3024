import type { Io } from "@scorpiox/sxutil";
import type { Finding } from "./finding.js";

/** For all questions together; a terminal that knows none of them answers the last. */
const ANSWER_MS = 500;

/**
 * Synchronized output (DEC mode 2026), the keyboard protocol of kitty, and last what every terminal answers, its
 * attributes. Sources: DECRQM and DA1 in xterm's ctlseqs, "comprehensive keyboard handling" of kitty, read 2026-11-21.
 */
const QUESTIONS = "\u001b[?2026$p\u001b[?u\u001b[c";

/** What the terminal says when it is asked; nothing where there is none. What a person types meanwhile is lost. */
export async function examineAnswers({ stdin, stdout, signal }: Io): Promise<readonly Finding[]> {
  if (stdin.isTTY !== true || stdout.isTTY !== true || stdin.setRawMode === undefined) return [];
  return [describeAnswers(await ask({ stdin, stdout, signal }))];
}

async function ask({ stdin, stdout, signal }: Pick<Io, "stdin" | "stdout" | "signal">): Promise<string> {
  stdin.setRawMode?.(true);
  try {
    return await new Promise<string>((resolve) => {
      let text = "";
      const end = (): void => {
        clearTimeout(timer);
        stdin.off("data", take);
        signal.removeEventListener("abort", end);
        resolve(text);
      };
      const take = (bytes: Buffer | string): void => {
        text += bytes.toString();
        // eslint-disable-next-line no-control-regex -- it is a control sequence that is looked for
        if (/\u001b\[\?[\d;]*c/.test(text)) end();
      };
      const timer = setTimeout(end, ANSWER_MS);
      signal.addEventListener("abort", end, { once: true });
      stdin.on("data", take);
      stdout.write(QUESTIONS);
    });
  } finally {
    stdin.setRawMode?.(false);
    stdin.pause();
  }
}

/** `text`: all that came back. */
export function describeAnswers(text: string): Finding {
  const area = "terminal answers";
  if (!text.includes("\u001b[?")) {
    return { area, level: "skipped", text: "none: the terminal does not say what it can do" };
  }
  const mode = /\[\?2026;(\d)\$y/.exec(text)?.[1] ?? "0";
  const facts = [
    `synchronized output: ${mode === "0" || mode === "4" ? "no" : "yes"}`,
    `kitty keys: ${/\[\?\d+u/.test(text) ? "yes" : "no"}`,
  ];
  return { area, level: "ok", text: facts.join(", ") };
}
