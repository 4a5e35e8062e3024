import type { Message } from "@scorpiox/sxnet";
import { ExitCode, Failure, quoted } from "@scorpiox/sxutil";
import { clipboardRequest } from "../../ui/clipboard.js";
import type { SlashCommand } from "../slash-command.js";

export const copy: SlashCommand = {
  name: "copy",
  summary: "copy the last answer, or its n-th code block",
  argument: "[n]",
  changesState: false,
  complete: async ({ messages }) => {
    const blocks = await codeBlocks(lastAnswer(messages) ?? "");
    return blocks.map((text, at) => ({ value: String(at + 1), detail: text.split("\n", 1)[0] ?? "" }));
  },
  run: async (chat, argument) => {
    const answer = lastAnswer(chat.messages);
    if (answer === undefined) {
      chat.note("there is no answer to copy yet");
      return;
    }
    const text = chat.secrets.redact(argument === "" ? answer : await blockOf(answer, argument));
    const { io, cwd } = chat;
    const { copyByProgram } = await import("../clipboard-program.js");
    const program = await copyByProgram(text, io.env, cwd);
    const request = clipboardRequest(text, io.env);
    if (request !== undefined) io.stdout.write(request);
    const ways = [program, request === undefined ? undefined : "the terminal (OSC 52)"].filter(
      (way) => way !== undefined,
    );
    if (ways.length === 0) {
      const message = `no way to a clipboard for ${text.length} characters: the terminal takes less, and none of wl-copy, xclip, pbcopy, clip.exe is there; write a file with /export`;
      throw new Failure("no_clipboard", ExitCode.failure, message);
    }
    const unsure = program === undefined ? "; if it has not arrived, the terminal does not allow it" : "";
    chat.note(`${text.length} characters copied by ${ways.join(" and ")}${unsure}`, "success");
  },
};

function lastAnswer(messages: readonly Message[]): string | undefined {
  for (const message of messages.toReversed()) {
    if (message.role !== "assistant") continue;
    const text = message.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n\n");
    if (text.trim() !== "") return text;
  }
  return undefined;
}

async function blockOf(answer: string, argument: string): Promise<string> {
  const blocks = await codeBlocks(answer);
  const text = /^[1-9][0-9]{0,3}$/.test(argument) ? blocks[Number(argument) - 1] : undefined;
  if (text !== undefined) return text;
  const there =
    blocks.length === 0 ? "no code block" : blocks.length === 1 ? "1 code block" : `${blocks.length} code blocks`;
  throw new Failure(
    "bad_input",
    ExitCode.badInput,
    `there is no block ${quoted(argument)}: the last answer has ${there}`,
  );
}

/** Also those within lists and quotations, in their order. */
async function codeBlocks(markdown: string): Promise<readonly string[]> {
  const { lexer, walkTokens } = await import("marked");
  const blocks: string[] = [];
  // It collects promises of callbacks that return some; this one returns none.
  void walkTokens(lexer(markdown), (token) => {
    if (token.type === "code" && typeof token["text"] === "string") blocks.push(token["text"]);
  });
  return blocks;
}
