import { displayPath } from "@scorpiox/sxutil";
import { answering, chooseProfile, findProfiles, OFF, useProfile } from "../profiles.js";
import type { SlashCommand } from "../slash-command.js";
import { userSettingsFile, writeUserSetting } from "../user-setting.js";

export const profile: SlashCommand = {
  name: "profile",
  summary: "a profile, from now on",
  argument: "[profile|off]",
  changesState: true,
  complete: async (chat) => [...(await findProfiles(chat)), { value: OFF }],
  run: async (chat, argument) => {
    const name = await chooseProfile(chat, argument, "Profile, from now on");
    if (name === undefined) return;
    const before = chat.state.profile;
    // Tried first: a profile that cannot be used is not written down.
    await useProfile(chat, name);
    let still: string | undefined;
    try {
      still = await writeUserSetting(chat, "ACTIVE_PROFILE", name);
    } catch (error) {
      await chat.reconfigure({ profile: before });
      throw error;
    }
    const place = displayPath(userSettingsFile(chat), chat.io.home);
    chat.note(`${name === "" ? "no profile" : `profile ${name}`}, written to ${place}: ${answering(chat)}`, "success");
    if (still !== undefined) chat.note(`at the next start, ${still}`, "warning");
  },
};
