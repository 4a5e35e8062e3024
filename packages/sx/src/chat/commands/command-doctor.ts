import { codeSpan } from "../../sessions/export-markdown.js";
import type { SlashCommand } from "../slash-command.js";

const SIGNS = { ok: "✓", warning: "⚠", error: "✗", skipped: "–" } as const;

export const doctor: SlashCommand = {
  name: "doctor",
  summary: "check settings, logins and the terminal",
  changesState: false,
  run: async (chat) => {
    const { examine } = await import("../../doctor/examine.js");
    const { io, cwd, configuration, secrets } = chat;
    const findings = await examine({ io, cwd, configuration, secrets });
    const rows = findings.map(({ area, level, text, advice }) => {
      const todo = advice === undefined ? "" : `: ${advice}`;
      return `- ${SIGNS[level]} **${area}** ${codeSpan(text)}${todo}`;
    });
    chat.print(rows.join("\n"));
    const bad = findings.filter(({ level }) => level === "warning" || level === "error").length;
    if (bad === 0) chat.note("all is well", "success");
    else chat.note(`${bad} ${bad === 1 ? "thing needs" : "things need"} a look`, "warning");
  },
};
