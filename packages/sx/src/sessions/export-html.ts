import { createHash } from "node:crypto";
import type { ImageBlock } from "@scorpiox/sxnet";
import { VERSION } from "@scorpiox/sxutil";
import type { LineHunk } from "../files/line-hunks.js";
import { STYLE } from "./html-style.js";
import { codeBlock, createHtmlText, escapeHtml, type HtmlText } from "./html-text.js";
import type { CallView, SessionView, ViewItem } from "./session-view.js";
import { callArguments, callSummary, factsOf, outcomeWords, plainText, resultText, timeWords } from "./view-words.js";

const IMAGE_TYPES: ReadonlySet<string> = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** What surely fits the line of a call on a small screen. */
const MAX_SUMMARY_CHARS = 40;

/**
 * A session as one page that needs nothing beside it and runs nothing: no script, no request, no style but its own, and
 * a policy in its head that holds the browser to that.
 */
export async function exportHtml(view: SessionView): Promise<string> {
  const { default: highlighter } = await import("highlight.js/lib/common");
  const text = createHtmlText(highlighter);
  const title = escapeHtml(plainText(view.title) || "Session");
  const facts = factsOf(view).map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(plainText(value))}</dd>`);
  const hash = createHash("sha256").update(STYLE).digest("base64");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<dl>${facts.join("")}</dl>
</header>
<main>
${view.items.map((item) => itemHtml(item, text)).join("\n")}
</main>
<footer>Written by sx ${VERSION}</footer>
</body>
</html>
`;
}

function itemHtml(item: ViewItem, text: HtmlText): string {
  switch (item.type) {
    case "prompt": {
      const said = item.content.map((block) => {
        if (block.type === "text") return `<div class="said">${escapeHtml(plainText(block.text))}</div>`;
        return block.type === "image" ? imageHtml(block) : "";
      });
      return `<section>${whoHtml("Prompt", timeWords(item.timeMs))}<div class="prompt">${said.join("")}</div></section>`;
    }
    case "answer": {
      const said = item.content.map((block) => {
        if ("call" in block) return callHtml(block, text);
        if (block.text.trim() === "") return "";
        if (block.type === "text") return `<div class="text">${text.markdown(plainText(block.text))}</div>`;
        const inside = `<div><div class="said">${escapeHtml(plainText(block.text).trim())}</div></div>`;
        return `<details class="thinking"><summary><b>Thinking</b></summary>${inside}</details>`;
      });
      const end = item.isPartial ? `<p class="event">the answer broke off here</p>` : "";
      const who = item.isContinued ? "" : whoHtml("Answer", item.model);
      return `<section${item.isContinued ? ` class="more"` : ""}>${who}${said.join("\n")}${end}</section>`;
    }
    case "event":
      return `<p class="event${item.isFailure ? " bad" : ""}">${escapeHtml(plainText(item.text))}</p>`;
  }
}

function whoHtml(who: string, about: string): string {
  return `<p class="who"><b>${who}</b><span>${escapeHtml(plainText(about))}</span></p>`;
}

function callHtml(view: CallView, text: HtmlText): string {
  const { text: how, isGood } = outcomeWords(view);
  const mark = isGood ? `<span class="good">✓</span>` : `<span class="bad">✗</span>`;
  const name = escapeHtml(plainText(view.call.name));
  const summaryText = callSummary(view);
  const summary = `<b>${name}</b><code>${escapeHtml(summaryText)}</code><span class="how">${mark} ${escapeHtml(how)}</span>`;
  const diff = view.outcome?.diff ?? [];
  const images = view.result?.content.flatMap((part) => (part.type === "image" ? [part] : [])) ?? [];
  const output = resultText(view);
  // A diff says what its arguments say, better; a short argument stands in the summary.
  const given = callArguments(view).filter(
    ({ text: value }) => diff.length === 0 && (value !== summaryText || value.length > MAX_SUMMARY_CHARS),
  );
  const parts = [
    ...given.map(({ name: argument, text: value, language }) => named(argument, codeBlock(text.code(value, language)))),
    diff.length > 0 ? named("change", diffHtml(diff)) : "",
    output.trim() === "" || diff.length > 0 ? "" : named("result", codeBlock(escapeHtml(output))),
    ...images.map(imageHtml),
  ];
  // What changed and what was looked at is the point of such a call.
  const isOpen = diff.length > 0 || images.length > 0;
  return `<details${isOpen ? " open" : ""}><summary>${summary}</summary><div>${parts.join("")}</div></details>`;
}

function named(name: string, inside: string): string {
  return `<p class="name">${escapeHtml(name)}</p>${inside}`;
}

function diffHtml(hunks: readonly LineHunk[]): string {
  const lines = hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines: own }) => [
    `<span class="at">@@ -${oldStart},${oldLines} +${newStart},${newLines} @@</span>`,
    ...own.map((line) => {
      const kind = line.startsWith("+") ? ` class="add"` : line.startsWith("-") ? ` class="del"` : "";
      return `<span${kind}>${escapeHtml(plainText(line).replaceAll("\n", " ")) || " "}</span>`;
    }),
  ]);
  return `<pre class="diff"><code>${lines.join("")}</code></pre>`;
}

/** Only what is an image by its type and base64 by its letters gets into an attribute. */
function imageHtml({ mediaType, data }: ImageBlock): string {
  if (!IMAGE_TYPES.has(mediaType) || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) {
    return `<p class="event">an image that cannot be shown</p>`;
  }
  return `<img alt="" src="data:${mediaType};base64,${data}">`;
}
