import type { SlashCommand } from "../slash-command.js";

export const retry: SlashCommand = {
  name: "retry",
  summary: "ask the last prompt again",
  changesState: true,
  run: (chat) => chat.retry(),
};
