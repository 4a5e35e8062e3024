import pc from "picocolors";

/** Colours a text that holds no line ends and no escape codes. Without colours the text comes back as it is. */
export type Paint = (text: string) => string;

/**
 * What a colour says. Only the 16 colours that a person's palette sets are used, and none that is hard to read on the
 * background.
 */
export type PaintName =
  | "heading"
  | "strong"
  | "emphasis"
  | "strike"
  | "underline"
  | "code"
  | "link"
  | "dim"
  | "accent"
  | "added"
  | "removed"
  | "success"
  | "warning"
  | "error"
  | "keyword"
  | "string"
  | "number"
  | "comment"
  | "title"
  | "type"
  | "attribute";

export interface Theme extends Readonly<Record<PaintName, Paint>> {
  /** False: every paint leaves the text alone, so what matters must be said by the text itself. */
  readonly isColored: boolean;
  /** Whether `hyperlink` makes links. */
  readonly hyperlinks: boolean;
  /**
   * The text as a link that the terminal opens (OSC 8); without `hyperlinks`, the text.
   * @param url printable ASCII only; anything else makes no link.
   */
  hyperlink(text: string, url: string): string;
}

export interface ThemeOptions {
  readonly color: boolean;
  /** What is behind the text, when the terminal told. */
  readonly background: "dark" | "light" | "unknown";
  readonly hyperlinks: boolean;
}

export function createTheme({ color, background, hyperlinks }: ThemeOptions): Theme {
  const colors = pc.createColors(color);
  const { bold, dim, italic, strikethrough, underline, red, green, yellow, blue, magenta, cyan } = colors;
  // Cyan and yellow vanish on white, plain blue on black. What is right for neither is not used while nobody knows.
  const onDark = (forDark: Paint, otherwise: Paint): Paint => (background === "dark" ? forDark : otherwise);
  const onLight = (forLight: Paint, otherwise: Paint): Paint => (background === "light" ? forLight : otherwise);
  const accent = onLight(blue, cyan);
  return {
    isColored: color,
    hyperlinks,
    heading: (text) => bold(accent(text)),
    strong: bold,
    emphasis: italic,
    strike: strikethrough,
    underline,
    code: onLight(magenta, cyan),
    link: onLight(blue, colors.blueBright),
    dim,
    accent,
    added: green,
    removed: red,
    success: green,
    warning: onLight(magenta, yellow),
    error: red,
    keyword: magenta,
    string: green,
    number: onDark(yellow, red),
    comment: dim,
    title: onLight(blue, colors.blueBright),
    type: accent,
    attribute: onDark(yellow, accent),
    hyperlink: (text, url) =>
      hyperlinks && /^[\u0021-\u007e]+$/.test(url) ? `\u001b]8;;${url}\u001b\\${text}\u001b]8;;\u001b\\` : text,
  };
}
