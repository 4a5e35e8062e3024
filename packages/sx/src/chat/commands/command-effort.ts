import type { Effort } from "@scorpiox/sxnet";
import { ExitCode, Failure, quoted } from "@scorpiox/sxutil";
import { EFFORTS } from "../../args.js";
import type { SlashCommand } from "../slash-command.js";

/** The model's own level. */
const OWN = "default";

export const effort: SlashCommand = {
  name: "effort",
  summary: "how hard the model thinks",
  argument: "[level]",
  changesState: true,
  complete: () => Promise.resolve([OWN, ...EFFORTS].map((value) => ({ value }))),
  run: async (chat, argument) => {
    const choices = [OWN, ...EFFORTS].map((value) => ({ value }));
    const chosen = argument || (await chat.pick("Effort", choices, { current: chat.state.effort ?? OWN }));
    if (chosen === undefined) return;
    if (chosen !== OWN && !EFFORTS.includes(chosen as Effort)) {
      throw new Failure(
        "bad_input",
        ExitCode.badInput,
        `there is no effort ${quoted(chosen)}; choose ${OWN}, ${EFFORTS.join(", ")}`,
      );
    }
    chat.setEffort(chosen === OWN ? undefined : (chosen as Effort));
    chat.note(`effort: ${chosen}`);
  },
};
