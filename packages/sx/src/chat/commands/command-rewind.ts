import { oneLine } from "@scorpiox/sxutil";
import { GO_ON } from "../../compaction/choose-kept.js";
import { promptText } from "../prompt-content.js";
import type { ChatControl, Choice, SlashCommand } from "../slash-command.js";

const MAX_LABEL_CHARS = 100;

export const rewind: SlashCommand = {
  name: "rewind",
  summary: "go back to an earlier prompt",
  changesState: true,
  run: async (chat) => {
    const choices = prompts(chat);
    if (choices.length === 0) {
      chat.note("nothing was asked yet");
      return;
    }
    const chosen = await chat.pick("Go back to before", choices);
    if (chosen === undefined) return;
    const index = Number(chosen);
    const message = chat.messages[index];
    const text = message?.role === "user" ? promptText(message.content) : "";
    const plan = await chat.planUndo({ sinceMessage: index });
    if (plan.length > 0) {
      const what = await chat.pick("Take back", [
        { value: "conversation", label: "the conversation only", detail: "files stay as they are" },
        { value: "both", label: "the conversation and its file changes", detail: `${plan.length} changed` },
      ]);
      if (what === undefined) return;
      if (what === "both") {
        const { askUndo } = await import("../undo-question.js");
        const steps = await askUndo(chat, plan);
        if (steps === undefined) {
          chat.note("nothing was changed");
          return;
        }
        // Files first: should that fail, the conversation still tells what was done to them.
        await chat.undo(steps);
      }
    }
    await chat.rewind(index);
    if (text !== "") chat.fill(text);
    chat.note("the conversation is back before that prompt; it stands in the editor again", "success");
  },
};

/** Where each prompt stands in the messages; the last one first. */
function prompts({ messages }: ChatControl): readonly Choice[] {
  const count = messages.length;
  return messages
    .flatMap(({ role, content }, index): Choice[] => {
      if (role !== "user" || content.some(({ type }) => type === "tool_result")) return [];
      if (promptText(content) === GO_ON) return [];
      const text = content.map((block) => (block.type === "text" ? block.text : `[${block.type}]`)).join(" ");
      const after = count - index;
      return [{ value: String(index), label: oneLine(text.trim(), MAX_LABEL_CHARS), detail: `${after} messages back` }];
    })
    .toReversed();
}
