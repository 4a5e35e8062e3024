import { answering, chooseProfile, findProfiles, OFF, useProfile } from "../profiles.js";
import type { SlashCommand } from "../slash-command.js";

export const use: SlashCommand = {
  name: "use",
  summary: "a profile, for this session only",
  argument: "[profile|off]",
  changesState: true,
  complete: async (chat) => [...(await findProfiles(chat)), { value: OFF }],
  run: async (chat, argument) => {
    const name = await chooseProfile(chat, argument, "Profile, for this session");
    if (name === undefined) return;
    await useProfile(chat, name);
    chat.note(`${name === "" ? "no profile" : `profile ${name}`}, for this session: ${answering(chat)}`, "success");
  },
};
