import type { Message } from "@scorpiox/sxnet";
import { estimateAll, textTokens } from "../../compaction/estimate.js";
import { shortCount } from "../../ui/chat/count-words.js";
import type { ChatControl, SlashCommand } from "../slash-command.js";

/** So that it fits the smallest screen, also indented. */
const BAR_CELLS = 32;
interface Share {
  readonly name: string;
  readonly glyph: string;
  readonly tokens: number;
}

export const context: SlashCommand = {
  name: "context",
  summary: "what fills the model's window",
  changesState: false,
  run: (chat) => {
    const { contextTokens, contextWindow, model } = chat.state;
    const shares = sharesOf(chat);
    const used = shares.reduce((sum, { tokens }) => sum + tokens, 0);
    const all: readonly Share[] =
      contextWindow === undefined
        ? shares
        : [...shares, { name: "free", glyph: "░", tokens: Math.max(0, contextWindow - used) }];
    const whole = Math.max(1, contextWindow ?? used);
    const rows = all.map(({ name, glyph, tokens }) => {
      const percent = `${Math.round((100 * tokens) / whole)} %`;
      return `${glyph} ${name.padEnd(13)} ${shortCount(tokens).padStart(5)} ${percent.padStart(6)}`;
    });
    const measured =
      contextTokens === undefined
        ? "Nothing was sent yet: these are estimates."
        : `${shortCount(contextTokens)} tokens by the last answer; how they are shared out is an estimate.`;
    const size = contextWindow === undefined ? "is not known here" : `holds ${shortCount(contextWindow)} tokens`;
    chat.print(
      [
        `\`\`\`text\n${[bar(all, whole), ...rows].join("\n")}\n\`\`\``,
        `${measured} The window of \`${model.replaceAll("`", "")}\` ${size}.`,
        compactWords(chat.messages),
      ].join("\n\n"),
    );
    return Promise.resolve();
  },
};

/** What was measured counts; only its parts are guessed. */
function sharesOf({ system, tools, toolsOff, messages, state }: ChatControl): readonly Share[] {
  const offered = tools.filter(({ name }) => !toolsOff.has(name));
  const definitions = offered.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
  const systemTokens = textTokens(system ?? "");
  const toolTokens = definitions.length === 0 ? 0 : textTokens(JSON.stringify(definitions));
  const said = estimateAll(messages);
  const fixed = systemTokens + toolTokens;
  const total = state.contextTokens;
  // A service may count less than we guess: then the guesses shrink.
  const scale = total !== undefined && total < fixed ? total / fixed : 1;
  const parts = { system: Math.round(systemTokens * scale), tools: Math.round(toolTokens * scale) };
  const conversation = total === undefined ? said : Math.max(0, total - parts.system - parts.tools);
  return [
    { name: "instructions", glyph: "█", tokens: parts.system },
    { name: "tools", glyph: "▓", tokens: parts.tools },
    { name: "conversation", glyph: "▒", tokens: conversation },
  ];
}

/** Every share that is there has a cell; the last one takes what is left. */
function bar(shares: readonly Share[], whole: number): string {
  let text = "";
  for (const { glyph, tokens } of shares) {
    const cells = Math.max(tokens > 0 ? 1 : 0, Math.round((BAR_CELLS * tokens) / whole));
    text += glyph.repeat(Math.min(cells, BAR_CELLS - text.length));
  }
  return text.padEnd(BAR_CELLS, shares.at(-1)?.glyph ?? " ");
}

function compactWords(messages: readonly Message[]): string {
  const own = estimateAll(messages.filter(isPrompt));
  const rest = estimateAll(messages) - own;
  if (messages.length === 0) return "There is nothing to compact yet.";
  return `\`/compact\` would keep your own words (about ${shortCount(own)}) and the last turns as they are, and put a summary in the place of older answers and results (they are part of about ${shortCount(rest)}).`;
}

function isPrompt({ role, content }: Message): boolean {
  return role === "user" && content.every(({ type }) => type !== "tool_result");
}
