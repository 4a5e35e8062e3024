import { Lexer, type Token, type Tokens } from "marked";
import { decodeEntities } from "./entities.js";
import { linkTarget, saysTarget } from "./link-target.js";
import { type Line, PLAIN, type Span, type Style, within } from "./spans.js";

export interface InlineOptions {
  /** Without colours the marks of emphasis and code stay: nothing else would tell. */
  readonly keepsMarks: boolean;
  /** What the whole text is, for example a heading. */
  readonly style?: Style;
}

/** Nothing in it that markup begins with: most cells and items, and no reason to lex. */
const NO_MARKUP = /^(?!.*www\.)[^\\`*_~[\]!<&\n@:]*$/;
/** What may begin emphasis. The lexer takes the square of their number, so a text of nothing else stays as it is. */
const OPENERS = /[*~]+|(?<![\p{L}\p{N}_])_+/gu;
const MAX_OPENERS = 250;

/**
 * The lines of a text with inline markup, which may be a few: a line end of the answer stays one, as its writer meant it.
 * The cost is at worst the square of the length: callers bound the length.
 */
export function inlineLines(text: string, { keepsMarks, style = PLAIN }: InlineOptions): readonly Line[] {
  const lines: Span[][] = [[]];
  const writer = new InlineWriter(lines, keepsMarks);
  if (NO_MARKUP.test(text) || (text.length > MAX_OPENERS && countMatches(text, OPENERS) > MAX_OPENERS)) {
    writer.text(text, style);
  } else writer.tokens(Lexer.lexInline(text, { gfm: true, breaks: false }), style);
  return lines;
}

function countMatches(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

class InlineWriter {
  readonly #lines: Span[][];
  readonly #keepsMarks: boolean;

  constructor(lines: Span[][], keepsMarks: boolean) {
    this.#lines = lines;
    this.#keepsMarks = keepsMarks;
  }

  tokens(tokens: readonly Token[], style: Style): void {
    for (const token of tokens) this.#token(token as KnownToken, style);
  }

  text(text: string, style: Style): void {
    for (const [index, part] of text.split("\n").entries()) {
      if (index > 0) this.#lines.push([]);
      const shown = index > 0 ? part.trimStart() : part;
      if (shown !== "") this.#lines.at(-1)?.push({ text: shown, style });
    }
  }

  #token(token: KnownToken, style: Style): void {
    switch (token.type) {
      case "text":
        // Its text has some references resolved already, also those that stand for controls.
        this.text(decodeEntities(token.raw), style);
        return;
      case "escape":
        this.text(token.text, style);
        return;
      case "strong":
        this.#marked("**", token.tokens, within(style, "strong"));
        return;
      case "em":
        this.#marked("*", token.tokens, within(style, "emphasis"));
        return;
      case "del":
        // One tilde says "about" far more often than that something is struck out.
        if (token.raw.startsWith("~~")) this.#marked("~~", token.tokens, within(style, "strike"));
        else this.#around("~", token.tokens, style);
        return;
      case "codespan":
        this.text(this.#keepsMarks ? token.raw.replaceAll("\n", " ") : token.text, within(style, "code"));
        return;
      case "br":
        this.#lines.push([]);
        return;
      case "link":
        // Of a bare address nothing stands for anything else.
        if (token.autolink === true)
          this.#target(token.href, token.text, style, (inner) => this.text(token.text, inner));
        else {
          const url = decodeEntities(token.href);
          this.#target(url, plainText(token.tokens), style, (inner) => this.tokens(token.tokens, inner));
        }
        return;
      case "image":
        this.#target(decodeEntities(token.href), token.text, within(style, "emphasis"), (inner) =>
          this.text(decodeEntities(token.text).replaceAll("\n", " "), inner),
        );
        return;
      case "html":
        if (/^<br\s*\/?>$/i.test(token.raw)) this.#lines.push([]);
        else this.text(token.raw, style);
        return;
      case "checkbox":
        this.text(token.raw, style);
        return;
    }
  }

  #marked(mark: string, tokens: readonly Token[], style: Style): void {
    if (this.#keepsMarks) this.#around(mark, tokens, style);
    else this.tokens(tokens, style);
  }

  #around(mark: string, tokens: readonly Token[], style: Style): void {
    this.text(mark, style);
    this.tokens(tokens, style);
    this.text(mark, style);
  }

  /** What leads somewhere: its own text, and the place behind it unless the text is the place. */
  #target(url: string, text: string, style: Style, write: (style: Style) => void): void {
    const target = linkTarget(url);
    const { href } = target;
    write(href === undefined ? style : { ...within(style, "link", "underline"), href });
    if (target.shown === "" || saysTarget(text, target)) return;
    // An image without a description is its place. A place behind a text is no second link: it is there to be read.
    if (text === "") this.text(target.shown, href === undefined ? DIM : { ...DIM, href });
    else this.text(` (${target.shown})`, DIM);
  }
}

const DIM: Style = { paints: ["dim"] };

function plainText(tokens: readonly Token[]): string {
  return tokens.map((token) => ("tokens" in token && token.tokens ? plainText(token.tokens) : token.raw)).join("");
}

/** The inline tokens that marked makes of a text; others it makes of blocks. */
type KnownToken =
  | Tokens.Text
  | Tokens.Escape
  | Tokens.Strong
  | Tokens.Em
  | Tokens.Del
  | Tokens.Codespan
  | Tokens.Br
  | Tokens.Link
  | Tokens.Image
  | Tokens.Tag
  | Tokens.HTML
  | Tokens.Checkbox;
