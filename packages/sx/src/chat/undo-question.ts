import { relative } from "node:path";
import { codeSpan } from "../sessions/export-markdown.js";
import { isInside } from "../files/workspace-path.js";
import type { ChatControl, UndoStep } from "./slash-command.js";

/** More files than this are only counted. */
const MAX_SHOWN = 30;

const WORDS: Readonly<Record<UndoStep["action"], string>> = {
  restore: "as it was",
  delete: "deleted again",
  create: "there again",
  mode: "permissions as they were",
  link: "the link that it was",
  none: "stays",
};

/**
 * Shows what taking changes back would do, conflicts by name, and asks which of it to do.
 * @returns the steps to do; `undefined` when the person leaves it be, or nothing of it can be done
 */
export async function askUndo(chat: ChatControl, plan: readonly UndoStep[]): Promise<readonly UndoStep[] | undefined> {
  const possible = plan.filter(({ action }) => action !== "none");
  const safe = possible.filter(({ conflict }) => conflict === undefined);
  const shown = plan.slice(0, MAX_SHOWN).map(({ file, action, conflict }) => {
    const why = conflict === undefined ? "" : ` · ⚠ ${codeSpan(conflict)}`;
    return `- ${codeSpan(shownFile(file, chat.cwd))} ${WORDS[action]}${why}`;
  });
  const more = plan.length > MAX_SHOWN ? [`- … ${plan.length - MAX_SHOWN} more`] : [];
  chat.print([...shown, ...more].join("\n"));
  if (possible.length === 0) {
    chat.note("of none of these files there is anything to take back", "warning");
    return undefined;
  }
  if (safe.length === possible.length) {
    return (await chat.confirm(`Take back ${files(safe.length)}?`)) ? safe : undefined;
  }
  const choices = [
    ...(safe.length === 0 ? [] : [{ value: "safe", label: `${files(safe.length)} without conflict` }]),
    { value: "all", label: `all ${possible.length}`, detail: "what others changed since is lost" },
    { value: "none", label: "none" },
  ];
  const chosen = await chat.pick("Take back", choices);
  if (chosen === "safe") return safe;
  return chosen === "all" ? possible : undefined;
}

/** A path as people read it: within the folder they work in, from there. */
export function shownFile(file: string, cwd: string): string {
  return isInside(cwd, file) && file !== cwd ? relative(cwd, file) : file;
}

function files(count: number): string {
  return `${count} ${count === 1 ? "file" : "files"}`;
}
