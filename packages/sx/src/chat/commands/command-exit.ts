import type { SlashCommand } from "../slash-command.js";

export const exit: SlashCommand = {
  name: "exit",
  summary: "leave",
  aliases: ["quit"],
  changesState: false,
  run: (chat) => {
    chat.leave();
    return Promise.resolve();
  },
};
