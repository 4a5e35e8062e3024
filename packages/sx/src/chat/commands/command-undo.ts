import { ExitCode, Failure } from "@scorpiox/sxutil";
import type { SlashCommand } from "../slash-command.js";

export const undo: SlashCommand = {
  name: "undo",
  summary: "take back the last turn's file changes",
  argument: "[redo]",
  changesState: true,
  complete: () => Promise.resolve([{ value: "redo", detail: "take the last undo back" }]),
  run: async (chat, argument) => {
    const isRedo = argument === "redo";
    if (argument !== "" && !isRedo) {
      throw new Failure("bad_input", ExitCode.badInput, "write /undo, or /undo redo to take the last undo back");
    }
    const plan = await (isRedo ? chat.planUndo({ redo: true }) : chat.planUndo());
    if (plan.length === 0) {
      chat.note(isRedo ? "there is no undo to take back" : "there are no file changes to take back");
      return;
    }
    const { askUndo } = await import("../undo-question.js");
    const steps = await askUndo(chat, plan);
    if (steps === undefined) {
      chat.note("nothing was changed");
      return;
    }
    await chat.undo(steps);
    const files = `${steps.length} ${steps.length === 1 ? "file" : "files"}`;
    chat.note(
      isRedo ? `${files} changed again` : `${files} taken back; /undo redo brings the changes again`,
      "success",
    );
  },
};
