import { countWords } from "./count-words.js";
import type { TodoItem } from "./todo-item.js";
import type { Paper } from "./part.js";
import { oneRow, span } from "./rows.js";
import type { SafeText } from "./safe-text.js";

const MAX_QUEUED = 3;
const MAX_TASKS = 6;

/** Messages that wait for their turn. */
export function queueRows(messages: readonly string[], safe: SafeText, { columns, theme }: Paper): readonly string[] {
  // The last one is the one that the person can still change.
  const shown = messages.slice(-MAX_QUEUED);
  const hidden = messages.length - shown.length;
  const more =
    hidden > 0 ? [oneRow([span(`… ${countWords(hidden, "more message")} queued`, "dim")], columns, theme)] : [];
  const rows = shown.map((text) => oneRow([span("queued: ", "accent"), span(safe.line(text), "dim")], columns, theme));
  return [...more, ...rows];
}

/** The list of tasks: a window of it around what is being done, and how far it has come. */
export function todoRows(items: readonly TodoItem[], safe: SafeText, { columns, theme }: Paper): readonly string[] {
  if (items.length === 0) return [];
  const done = items.filter(({ status }) => status === "done").length;
  const isLong = items.length > MAX_TASKS;
  const next = items.findIndex(({ status }) => status !== "done");
  const from = Math.max(0, Math.min((next < 0 ? items.length : next) - 1, items.length - MAX_TASKS));
  const rows = items.slice(from, from + MAX_TASKS).map(({ text, status }) => {
    const said = safe.line(text);
    if (status === "done") return oneRow([span("✓ ", "success"), span(said, "dim")], columns, theme);
    if (status === "active") return oneRow([span("▸ ", "accent"), span(said, "strong")], columns, theme);
    return oneRow([span("☐ ", "dim"), span(said)], columns, theme);
  });
  const head = `${done} of ${items.length} done`;
  return isLong ? [oneRow([span(head, "dim")], columns, theme), ...rows] : rows;
}
