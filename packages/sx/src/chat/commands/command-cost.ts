import { addUsage, NO_USAGE, type Usage } from "@scorpiox/sxnet";
import { costOf, PriceList } from "../../cost.js";
import { codeSpan } from "../../sessions/export-markdown.js";
import { shortCount } from "../../ui/chat/count-words.js";
import type { ChatControl, SlashCommand } from "../slash-command.js";

/** The answers of one model. */
interface ModelUse {
  readonly provider: string;
  readonly model: string;
  readonly answers: number;
  readonly usage: Usage;
}

export const cost: SlashCommand = {
  name: "cost",
  summary: "tokens and price of this session",
  changesState: false,
  run: async (chat) => {
    const uses = await usesOf(chat);
    if (uses === undefined) {
      const { usage, costUsd } = chat.state;
      const price = costUsd === undefined ? "price not known" : usd(costUsd);
      chat.print(`Since the start of this chat: ${tokenWords(usage)} · ${price}`);
      return;
    }
    if (uses.length === 0) {
      chat.note("nothing was answered in this session yet");
      return;
    }
    const prices = new PriceList(chat.configuration.settings());
    let total: number | undefined = 0;
    const rows: string[] = [];
    for (const use of uses) {
      const price = await prices.look(use);
      const known: number | undefined = price === undefined ? undefined : costOf(use.usage, price);
      total = known === undefined || total === undefined ? undefined : total + known;
      const count = `${use.answers} ${use.answers === 1 ? "answer" : "answers"}`;
      const spent = known === undefined ? "price not known" : usd(known);
      rows.push(`- ${codeSpan(`${use.provider} ${use.model}`)} ${count} · ${tokenWords(use.usage)} · ${spent}`);
    }
    const sum = uses.reduce((all, { usage }) => addUsage(all, usage), NO_USAGE);
    const spent = total === undefined ? "price not known" : usd(total);
    chat.print(
      ["**This session, by model**", rows.join("\n"), `Together ${tokenWords(sum)} · ${spent}`, WHAT].join("\n\n"),
    );
  },
};

const WHAT = "At list prices, or those of `PRICE_INPUT` and `PRICE_OUTPUT`; a plan has no price per token.";

/** From the session's file, so that it holds over resuming; `undefined` where nothing is kept. */
async function usesOf({ session, io }: ChatControl): Promise<readonly ModelUse[] | undefined> {
  if (session === undefined || !session.isKept) return undefined;
  const entries = await import("../session-entries.js").then(({ readOwnEntries }) => readOwnEntries(session, io));
  const header = entries.find((entry) => entry.kind === "header");
  // What a copy began with was paid for by the session that it is from.
  const from = header?.kind === "header" ? (header.parent?.n ?? -1) : -1;
  const uses = new Map<string, ModelUse>();
  for (const entry of entries) {
    if (entry.kind !== "assistant" || entry.n <= from) continue;
    const { provider, model, usage = NO_USAGE } = entry;
    const key = `${provider} ${model}`;
    const before = uses.get(key);
    const sum = addUsage(before?.usage ?? NO_USAGE, usage);
    uses.set(key, { provider, model, answers: (before?.answers ?? 0) + 1, usage: sum });
  }
  return [...uses.values()];
}

function tokenWords({ inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens }: Usage): string {
  const input = inputTokens + cacheReadTokens + cacheWriteTokens;
  return `${shortCount(input)} in (${shortCount(cacheReadTokens)} cached), ${shortCount(outputTokens)} out`;
}

function usd(amount: number): string {
  return `\\$${amount.toFixed(amount < 1 ? 4 : 2)}`;
}
