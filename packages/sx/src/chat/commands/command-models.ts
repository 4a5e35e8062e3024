import { codeSpan } from "../../sessions/export-markdown.js";
import type { ServiceModels } from "../../services/list-models.js";
import { shortCount } from "../../ui/chat/count-words.js";
import { withServices } from "../chat-services.js";
import type { SlashCommand } from "../slash-command.js";

/** A router's list may be hundreds long; words narrow it down. */
const MAX_ROWS = 40;

export const models: SlashCommand = {
  name: "models",
  summary: "list the models of every provider",
  argument: "[word]",
  changesState: false,
  run: (chat, argument) =>
    withServices(chat, async (services) => {
      const [{ listModels }, { modelCache }] = await Promise.all([
        import("../../services/list-models.js"),
        import("../../services/model-cache.js"),
      ]);
      const lists = await listModels(services, {
        refresh: false,
        cacheOf: (account) => modelCache(chat.io, services.settings, account),
        nowMs: Date.now(),
        signal: chat.io.signal,
      });
      chat.print(lists.map((list) => listText(list, argument.toLowerCase())).join("\n\n"));
    }),
};

function listText(list: ServiceModels, word: string): string {
  const names = new Map<string, string[]>();
  for (const [alias, id] of Object.entries(list.aliases)) names.set(id, [...(names.get(id) ?? []), alias]);
  const rows = list.models
    .filter(({ id }) => [list.provider, id, ...(names.get(id) ?? [])].some((name) => name.toLowerCase().includes(word)))
    .map((model) => {
      const { id, contextTokens, price } = model;
      const about = [
        ...(names.get(id) ?? []).map(codeSpan),
        ...(contextTokens === undefined ? [] : [`${shortCount(contextTokens)} window`]),
        ...(price === undefined ? [] : [`\\$${price.input} in, \\$${price.output} out`]),
        ...(model.retired === undefined ? [] : [`retired ${codeSpan(model.retired)}`]),
      ];
      return `- ${codeSpan(id)}${about.length === 0 ? "" : ` · ${about.join(" · ")}`}`;
    });
  const from = { service: "", cache: " (asked within the last day)", table: " (as this program knows them)" }[
    list.from
  ];
  const why = list.why === undefined ? "" : `\n\n${codeSpan(list.why)}`;
  const more = rows.length > MAX_ROWS ? `\n- … ${rows.length - MAX_ROWS} more; \`/models WORD\` narrows it down` : "";
  const found = rows.length === 0 ? "none" : rows.slice(0, MAX_ROWS).join("\n") + more;
  return `**${list.provider}**${from}${why}\n\n${found}`;
}
