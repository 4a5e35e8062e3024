import { ExitCode, Failure, quoted } from "@scorpiox/sxutil";
import { absolutePath, isInside } from "../../files/workspace-path.js";
import { codeSpan, fenced } from "../../sessions/export-markdown.js";
import type { FileDiff } from "../session-diff.js";
import type { ChangedFile, SlashCommand } from "../slash-command.js";

/** Of each file when all are shown, and of all together. */
const FOLDED_LINES = 40;
const MAX_LINES = 400;

export const diff: SlashCommand = {
  name: "diff",
  summary: "what this session changed on disk",
  argument: "[path]",
  changesState: false,
  complete: async (chat) => {
    const { shownFile } = await import("../undo-question.js");
    return (await chat.changedFiles()).map(({ file }) => ({ value: shownFile(file, chat.cwd) }));
  },
  run: async (chat, argument) => {
    const [{ diffOf }, { shownFile }] = await Promise.all([
      import("../session-diff.js"),
      import("../undo-question.js"),
    ]);
    const wanted = argument === "" ? undefined : absolutePath(chat.cwd, chat.io.home, argument);
    const changed = (await chat.changedFiles()).filter(({ file }) => wanted === undefined || isInside(wanted, file));
    if (changed.length === 0) {
      if (wanted === undefined) chat.note("this session has changed no files");
      else throw new Failure("bad_input", ExitCode.badInput, `this session has not changed ${quoted(argument)}`);
      return;
    }
    // A path that was asked for is shown as far as it goes.
    const most = wanted === undefined ? FOLDED_LINES : MAX_LINES;
    const parts: string[] = [];
    let left = MAX_LINES;
    for (const file of changed satisfies readonly ChangedFile[]) {
      const found = diffOf(file);
      const name = shownFile(found.file, chat.cwd);
      const lines = found.lines.slice(0, Math.min(most, left));
      left -= lines.length;
      parts.push(`${codeSpan(name)} ${words(found)}`);
      if (lines.length > 0) parts.push(fenced(lines.join("\n"), "diff"));
      const rest = found.lines.length - lines.length;
      if (rest > 0) parts.push(`… ${rest} more lines${wanted === undefined ? `: ${codeSpan(`/diff ${name}`)}` : ""}`);
    }
    chat.print(parts.join("\n\n"));
  },
};

function words({ kind, added, removed }: FileDiff): string {
  switch (kind) {
    case "changed":
      return `+${added} −${removed}`;
    case "new":
      return `new, +${added}`;
    case "deleted":
      return `deleted, −${removed}`;
    case "same":
      return "as it was";
    case "binary":
      return "changed, not text";
    case "unknown":
      return "changed; there is nothing to compare with";
  }
}
