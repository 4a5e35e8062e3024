import type { NoteLevel } from "../../chat/slash-command.js";
import type { PaintName } from "../theme.js";
import { FinishedPart } from "./part.js";
import { hanging, span, wrapText } from "./rows.js";
import type { SafeText } from "./safe-text.js";

/** The sign says the level where there are no colours. */
const LOOKS: Readonly<Record<NoteLevel, readonly [sign: string, paint: PaintName]>> = {
  info: ["·", "dim"],
  success: ["✓", "success"],
  warning: ["!", "warning"],
  error: ["✗", "error"],
};

/** A line about the program, in the transcript. Foreign parts of it are made safe here. */
export function notePart(text: string, level: NoteLevel, safe: SafeText): FinishedPart {
  const shown = safe.block(text).trim();
  const [sign, paint] = LOOKS[level];
  return new FinishedPart("note", ({ columns, theme }) =>
    wrapText(shown, [paint], { columns, theme, lead: hanging(span(`${sign} `, paint)) }),
  );
}
