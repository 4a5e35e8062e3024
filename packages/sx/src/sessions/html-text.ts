import type { HLJSApi } from "highlight.js";
import { Marked } from "marked";

/** Longer texts are shown as they are: neither reader below is made for them. */
const MAX_MARKDOWN_CHARS = 200_000;
const MAX_CODE_CHARS = 50_000;

const SAFE_SCHEMES: ReadonlySet<string> = new Set(["http:", "https:", "mailto:"]);

/** Text as HTML text, also inside of a quoted attribute. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** Foreign Markdown and code as HTML that holds no markup of theirs. */
export interface HtmlText {
  /** Raw HTML is shown as text, images by their description, links only to the web and to mail. */
  markdown(text: string): string;
  /** The inside of a code block, coloured where the language is known. */
  code(text: string, language: string): string;
}

export function createHtmlText(highlighter: HLJSApi): HtmlText {
  const code = (text: string, language: string): string => {
    if (text.length > MAX_CODE_CHARS || highlighter.getLanguage(language) === undefined) return escapeHtml(text);
    return highlighter.highlight(text, { language, ignoreIllegals: true }).value;
  };
  const marked = new Marked({
    gfm: true,
    async: false,
    renderer: {
      code: ({ text, lang = "" }) => `${codeBlock(code(text, lang.trim().split(/\s/, 1)[0]?.toLowerCase() ?? ""))}\n`,
      html: ({ text }) => escapeHtml(text),
      checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
      image: ({ text, href }) => `<em>[image: ${escapeHtml(text || href)}]</em>`,
      link({ href, tokens }) {
        const inside = this.parser.parseInline(tokens);
        const target = safeTarget(href);
        if (target === undefined) return inside;
        return `<a href="${escapeHtml(target)}" rel="noopener noreferrer nofollow">${inside}</a>`;
      },
    },
  });
  return {
    code,
    markdown(text) {
      if (text.length > MAX_MARKDOWN_CHARS) return codeBlock(escapeHtml(text));
      try {
        return marked.parse(text, { async: false });
      } catch {
        // Markdown that is nested too deep for the parser's stack: it is still a text.
        return codeBlock(escapeHtml(text));
      }
    },
  };
}

/** A block of code whose inside is HTML already. */
export function codeBlock(inside: string): string {
  return `<pre><code>${inside}</code></pre>`;
}

/** A link that leads where it says; `undefined` for one that would run something or depends on where the page lies. */
function safeTarget(href: string): string | undefined {
  try {
    const url = new URL(href);
    return SAFE_SCHEMES.has(url.protocol) ? url.href : undefined;
  } catch {
    // Relative, or no address at all.
    return undefined;
  }
}
