import { ExitCode, Failure, quoted } from "@scorpiox/sxutil";
import { APPROVAL_MODES, type ApprovalMode } from "../../args.js";
import type { SlashCommand } from "../slash-command.js";

const MEANINGS: Readonly<Record<ApprovalMode, string>> = {
  ask: "only reading runs without a question",
  edits: "and changes of files in the working folder",
  plan: "only reading, and nothing is asked",
  all: "everything runs without a question",
};

export const approvals: SlashCommand = {
  name: "approvals",
  summary: "what runs without a question",
  argument: "[ask|edits|plan|all]",
  changesState: false,
  complete: () => Promise.resolve(APPROVAL_MODES.map((value) => ({ value, detail: MEANINGS[value] }))),
  run: async (chat, argument) => {
    const choices = APPROVAL_MODES.map((value) => ({ value, detail: MEANINGS[value] }));
    const chosen = argument || (await chat.pick("Approvals", choices, { current: chat.state.approvalMode }));
    if (chosen === undefined) return;
    const mode = APPROVAL_MODES.find((name) => name === chosen);
    if (mode === undefined) {
      throw new Failure(
        "bad_input",
        ExitCode.badInput,
        `there is no mode ${quoted(chosen)}; choose ${APPROVAL_MODES.join(", ")}`,
      );
    }
    if (mode === "all" && !(await chat.confirm("Run everything without a question, in this session?"))) return;
    chat.setApprovalMode(mode);
    chat.note(`approvals: ${mode}, ${MEANINGS[mode]}`);
  },
};
