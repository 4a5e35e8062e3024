import { codeSpan } from "../../sessions/export-markdown.js";
import { withServices } from "../chat-services.js";
import type { SlashCommand } from "../slash-command.js";

export const limits: SlashCommand = {
  name: "limits",
  summary: "how much of each plan is used",
  changesState: false,
  run: (chat) =>
    withServices(chat, async (services) => {
      const [{ listLimits }, { headOf, rowOf }] = await Promise.all([
        import("../../services/list-limits.js"),
        import("../../command-limits.js"),
      ]);
      const all = await listLimits(services, chat.io);
      if (all.length === 0) {
        chat.note("no provider is set up; scorpiox-config does that", "warning");
        return;
      }
      const nowMs = Date.now();
      const parts = all.map((service) => {
        const windows = (service.limits?.windows ?? []).map((window) => {
          const [name = "", ...facts] = rowOf(window, nowMs);
          return `- ${codeSpan(name)} ${facts.filter((fact) => fact !== "").join(" · ")}`;
        });
        return [codeSpan(headOf(service, nowMs)), windows.join("\n")].filter((part) => part !== "").join("\n\n");
      });
      chat.print(parts.join("\n\n"));
    }),
};
