import { createMarkdownStream, type MarkdownStream } from "../../../src/ui/markdown/markdown-stream.js";
import { createTheme, type Theme } from "../../../src/ui/theme.js";

export const plainTheme: Theme = createTheme({ color: false, background: "unknown", hyperlinks: false });
export const colorTheme: Theme = createTheme({ color: true, background: "dark", hyperlinks: true });

export function openStream(columns = 80, theme = plainTheme): MarkdownStream {
  return createMarkdownStream({ columns, theme });
}

/** All rows of a text that is pushed whole. */
export function rowsOf(text: string, columns = 80, theme = plainTheme): readonly string[] {
  const stream = openStream(columns, theme);
  stream.push(text);
  stream.end();
  return stream.takeFinished();
}

/** A row without styles and links. */
export function textOf(row: string): string {
  return row.replace(/\u001b(?:\[[\d;]*m|\]8;;[^\u001b]*\u001b\\)/g, "");
}

const CODES: Readonly<Record<string, string>> = {
  1: "bold",
  2: "dim",
  3: "italic",
  4: "underline",
  9: "strike",
  22: "/bold",
  23: "/italic",
  24: "/underline",
  29: "/strike",
  31: "red",
  32: "green",
  33: "yellow",
  35: "magenta",
  36: "cyan",
  39: "/color",
  94: "bright-blue",
};

/** A row with its styles and links in words, as in `⟨bold⟩x⟨/bold⟩`. */
export function readable(row: string): string {
  return row
    .replace(/\u001b\[(\d+)m/g, (_, code: string) => `⟨${CODES[code] ?? code}⟩`)
    .replace(/\u001b\]8;;([^\u001b]*)\u001b\\/g, (_, url: string) => (url === "" ? "⟨/link⟩" : `⟨link ${url}⟩`));
}
