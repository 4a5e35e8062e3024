import type { LineHunk } from "../files/line-hunks.js";
import type { CallView, SessionView, ViewItem } from "./session-view.js";
import { callArguments, factsOf, outcomeWords, plainText, resultText, timeWords } from "./view-words.js";

/** A session as Markdown. Whatever was said in it cannot end the part that it stands in. */
export function exportMarkdown(view: SessionView): string {
  const facts = factsOf(view).map(([name, value]) => `- ${name}: ${codeSpan(value)}`);
  const parts = [`# ${escapeInline(view.title || "Session")}`, facts.join("\n"), ...view.items.flatMap(itemParts)];
  return `${parts.join("\n\n")}\n`;
}

function itemParts(item: ViewItem): readonly string[] {
  switch (item.type) {
    case "prompt": {
      const said = item.content.map((block) => {
        if (block.type === "text") return quoted(block.text);
        return block.type === "image" ? `*image, ${codeSpan(block.mediaType)}*` : "";
      });
      return [`## Prompt · ${timeWords(item.timeMs)}`, ...said.filter((part) => part !== "")];
    }
    case "answer": {
      const said = item.content.flatMap((block) => {
        if ("call" in block) return callParts(block);
        if (block.text.trim() === "") return [];
        return block.type === "thinking" ? ["*Thinking*", quoted(block.text)] : [contained(block.text)];
      });
      const head = item.isContinued ? [] : [`## Answer · ${escapeInline(item.model)}`];
      return [...head, ...said, ...(item.isPartial ? ["*The answer broke off here.*"] : [])];
    }
    case "event":
      return [`*${item.isFailure ? "Failed: " : ""}${escapeInline(item.text)}*`];
  }
}

function callParts(view: CallView): readonly string[] {
  const { text, isGood } = outcomeWords(view);
  const head = `**${codeSpan(view.call.name)}** ${isGood ? "✓" : "✗"}${text === "" ? "" : ` ${escapeInline(text)}`}`;
  const diff = view.outcome?.diff ?? [];
  const given = callArguments(view).flatMap((argument) => {
    // The diff says the same, better.
    if (diff.length > 0 && argument.name !== "path") return [];
    if (argument.text.length <= 120 && !argument.text.includes("\n")) {
      return [`${codeSpan(argument.name)}: ${codeSpan(argument.text)}`];
    }
    return [`${codeSpan(argument.name)}:`, fenced(argument.text, argument.language)];
  });
  const images = view.result?.content.filter((part) => part.type === "image") ?? [];
  const output = resultText(view);
  return [
    head,
    ...given,
    ...(diff.length > 0 ? [fenced(diffText(diff), "diff")] : []),
    ...(output.trim() === "" || diff.length > 0 ? [] : [fenced(output, "text")]),
    ...images.map(({ mediaType }) => `*image, ${codeSpan(mediaType)}*`),
  ];
}

/** A diff's text in the common form. */
function diffText(hunks: readonly LineHunk[]): string {
  return hunks
    .map(({ oldStart, oldLines, newStart, newLines, lines }) => {
      const head = `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`;
      return [head, ...lines.map((line) => plainText(line).replaceAll("\n", " "))].join("\n");
    })
    .join("\n");
}

/** A code block that its text cannot end: the fence is longer than any run of its kind inside. */
export function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const word = /^[a-z0-9+#-]{1,20}$/i.test(language) ? language : "";
  return `${fence}${word}\n${text.endsWith("\n") ? text : `${text}\n`}${fence}`;
}

/** In line with a text, as it is. */
export function codeSpan(text: string): string {
  const line = plainText(text).replaceAll("\n", " ");
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = line === "" || /^[` ]|[` ]$/.test(line) ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** Plain words, whatever they are made of. */
function escapeInline(text: string): string {
  return plainText(text)
    .replaceAll("\n", " ")
    .replaceAll(/[\\`*_{}[\]<>#|!~&$]/g, "\\$&");
}

/** Somebody's text as a quotation, which ends by itself what was left open in it. */
function quoted(text: string): string {
  return plainText(text)
    .trim()
    .split("\n")
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");
}

const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;
/** The beginnings of HTML that reaches to its own end mark, however far away. Source: CommonMark 0.31.2, 4.6, read 2026-11-21. */
const OPEN_HTML = /^( {0,3})<(?=!|\?|(?:script|pre|style|textarea)(?:[\s>]|$))/i;

/** The model's Markdown as it is, but with nothing left open that would swallow what follows. */
export function contained(markdown: string): string {
  let open: string | undefined;
  const lines = plainText(markdown)
    .split("\n")
    .map((line) => {
      const [, fence, rest = ""] = FENCE.exec(line) ?? [];
      if (open === undefined) {
        if (fence !== undefined && !(fence.startsWith("`") && rest.includes("`"))) open = fence;
        return line.replace(OPEN_HTML, "$1\\<");
      }
      if (fence?.[0] === open[0] && fence !== undefined && fence.length >= open.length && rest.trim() === "") {
        open = undefined;
      }
      return line;
    });
  if (open !== undefined) lines.push(open);
  return lines.join("\n").trim();
}
