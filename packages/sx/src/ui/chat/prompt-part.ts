import { countWords } from "./count-words.js";
import { FinishedPart } from "./part.js";
import { hanging, indented, span, wrapLine, wrapText } from "./rows.js";
import type { SafeText } from "./safe-text.js";

export interface PromptAbout {
  readonly images?: number;
  readonly queued?: boolean;
}

/** Lines of a prompt that are shown from its start and from its end; a paste may have thousands. */
const HEAD_LINES = 20;
const TAIL_LINES = 4;

/** What the person sent. */
export function promptPart(text: string, about: PromptAbout, safe: SafeText): FinishedPart {
  const lines = safe.block(text).trim().split("\n");
  const hidden = lines.length - HEAD_LINES - TAIL_LINES;
  const facts = [
    about.images === undefined || about.images === 0 ? [] : [countWords(about.images, "image")],
    about.queued === true ? ["queued before"] : [],
  ].flat();
  return new FinishedPart("prompt", ({ columns, theme }) => {
    const lead = hanging(span("> ", "accent", "strong"));
    const below = { columns, theme, lead: indented(span("  ")), maxRows: 40 };
    const note = (said: string): readonly string[] => wrapLine([span(said, "dim")], below);
    const rows =
      hidden <= 1
        ? wrapText(lines.join("\n"), ["strong"], { columns, theme, lead, maxRows: 40 })
        : [
            ...wrapText(lines.slice(0, HEAD_LINES).join("\n"), ["strong"], { columns, theme, lead, maxRows: 40 }),
            ...note(`… ${countWords(hidden, "more line")}`),
            ...wrapText(lines.slice(-TAIL_LINES).join("\n"), ["strong"], below),
          ];
    return facts.length === 0 ? rows : [...rows, ...note(`(${facts.join(", ")})`)];
  });
}
