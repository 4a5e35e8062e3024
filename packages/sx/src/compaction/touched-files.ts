import type { Message } from "@scorpiox/sxnet";

/** Opens the list in a summary; a later compaction reads it there. */
const HEAD = "Files changed so far, by tool calls that succeeded:";
const LINE = /^- (.+): (?:written (\d+)x)?(?:, )?(?:edited (\d+)x)?$/;

interface Touches {
  written: number;
  edited: number;
}

/** The files that `write` and `edit` changed, with how often, as text for a summary; empty when there are none. */
export function listTouchedFiles(messages: readonly Message[]): string {
  const failed = new Set<string>();
  for (const { content } of messages) {
    for (const block of content)
      if (block.type === "tool_result" && block.isError === true) failed.add(block.toolUseId);
  }
  const files = new Map<string, Touches>();
  const touch = (path: string, written: number, edited: number): void => {
    const known = files.get(path) ?? { written: 0, edited: 0 };
    files.set(path, { written: known.written + written, edited: known.edited + edited });
  };
  for (const message of messages) {
    if (message.role === "user") continue;
    for (const block of message.content) {
      if (block.type === "text") readList(block.text, touch);
      if (block.type !== "tool_use" || failed.has(block.id)) continue;
      const path = block.input["path"];
      if (typeof path !== "string" || path.includes("\n")) continue;
      if (block.name === "write") touch(path, 1, 0);
      if (block.name === "edit") touch(path, 0, 1);
    }
  }
  if (files.size === 0) return "";
  const lines = [...files].map(([path, { written, edited }]) => {
    const done = [...(written > 0 ? [`written ${written}x`] : []), ...(edited > 0 ? [`edited ${edited}x`] : [])];
    return `- ${path}: ${done.join(", ")}`;
  });
  return [HEAD, ...lines].join("\n");
}

/** The list of an earlier compaction. */
function readList(text: string, touch: (path: string, written: number, edited: number) => void): void {
  const start = text.indexOf(HEAD);
  if (start === -1) return;
  for (const line of text.slice(start + HEAD.length + 1).split("\n")) {
    const [, path, written, edited] = LINE.exec(line) ?? [];
    if (path === undefined) return;
    touch(path, Number(written ?? 0), Number(edited ?? 0));
  }
}
