import { shortId } from "../../sessions/find-session.js";
import type { SlashCommand } from "../slash-command.js";

export const fork: SlashCommand = {
  name: "fork",
  summary: "go on in a copy of this session",
  changesState: true,
  run: async (chat) => {
    const before = chat.session?.id;
    await chat.fork();
    const now = chat.session?.id;
    const old = before === undefined ? "" : `; the one before stays as it is: /resume ${shortId(before)}`;
    chat.note(`a copy${now === undefined ? "" : `, ${shortId(now)}`}${old}`, "success");
  },
};
