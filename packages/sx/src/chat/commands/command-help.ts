import { keyHelp } from "../../ui/editor/editor-keys.js";
import type { SlashCommand } from "../slash-command.js";

export const help: SlashCommand = {
  name: "help",
  summary: "keys and commands",
  aliases: ["?"],
  changesState: false,
  run: (chat) => {
    const commands = chat.commands.map(
      ({ name, argument, summary }) => `- \`/${name}${argument === undefined ? "" : ` ${argument}`}\` ${summary}`,
    );
    const keys = keyHelp().map((row) => `- \`${row.keys}\` ${row.does}`);
    chat.print(
      [
        "**Commands** (`//` begins a prompt with a slash)",
        commands.join("\n"),
        "**Signs**",
        [
          "- `@path` names a file",
          "- `!command` runs a command of your own; the model sees what it printed",
          "- Enter during a turn tells the model at its next step; `~text` waits until the turn is over",
        ].join("\n"),
        "**Keys**",
        keys.join("\n"),
      ].join("\n\n"),
    );
    return Promise.resolve();
  },
};
