import type { SlashCommand } from "../slash-command.js";

export const compact: SlashCommand = {
  name: "compact",
  summary: "sum up the older conversation",
  argument: "[what matters|undo]",
  changesState: true,
  complete: () => Promise.resolve([{ value: "undo", detail: "bring back what the last one replaced" }]),
  run: async (chat, argument) => {
    if (chat.messages.length === 0) {
      chat.note("there is nothing to compact yet");
      return;
    }
    if (argument === "undo") {
      await chat.uncompact();
      chat.note("the conversation is whole again", "success");
      return;
    }
    await (argument === "" ? chat.compact() : chat.compact(argument));
  },
};
