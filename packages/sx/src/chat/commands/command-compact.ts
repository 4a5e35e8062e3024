import type { SlashCommand } from "../slash-command.js";

export const compact: SlashCommand = {
  name: "compact",
  summary: "sum up the older conversation",
  argument: "[what matters]",
  changesState: true,
  run: async (chat, argument) => {
    if (chat.messages.length === 0) {
      chat.note("there is nothing to compact yet");
      return;
    }
    await (argument === "" ? chat.compact() : chat.compact(argument));
  },
};
