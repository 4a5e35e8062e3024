import type { SlashCommand } from "../slash-command.js";

export const clear: SlashCommand = {
  name: "clear",
  summary: "begin an empty conversation",
  aliases: ["new"],
  changesState: true,
  run: async (chat) => {
    const before = chat.session?.isKept === true && chat.messages.length > 0 ? chat.session.id.slice(0, 8) : undefined;
    await chat.startOver();
    chat.note(`an empty conversation${before === undefined ? "" : `; the last one goes on with /resume ${before}`}`);
  },
};
