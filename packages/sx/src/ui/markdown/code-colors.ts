import type { CompiledMode, Emitter, HLJSApi, Language } from "highlight.js";
import core from "highlight.js/lib/core";
import type { PaintName } from "../theme.js";
import { findGrammar } from "./grammars.js";
import { type Line, PLAIN, type Span, type Style } from "./spans.js";

/** Longer lines stay plain; they are data, and some grammars take the square of a line's length. */
const MAX_LINE_CHARS = 1000;
/** After so much of one block the rest stays plain. */
const MAX_BLOCK_CHARS = 300_000;
/** Deeper than this code nests only to hurt. */
const MAX_DEPTH = 60;
/** The name under which the highlighter finds what goes on from the line before. */
const RESUMED = "resumed";

/** Where the colours of a block stand between two of its lines. A value: the same state may be gone on from twice. */
export interface CodeState {
  readonly grammar: string;
  readonly chars: number;
  /** What is open at the end of the last line, for example a comment; absent at the outermost level. */
  readonly open?: Mode;
}

/**
 * A mode of highlight.js that is open, with those around it: all the state it has between two characters. `resumedFrom`
 * is set where a line began in the midst of one. Source: highlight.js 11.12.0, lib/core.js, read 2026-11-20.
 */
type Mode = CompiledMode & { readonly resumedFrom?: Mode };

/** What a scope of a grammar looks like; `undefined` puts an end to what the scope around it looks like. */
const PAINTS: Readonly<Record<string, PaintName | undefined>> = {
  addition: "added",
  attr: "attribute",
  attribute: "attribute",
  built_in: "type",
  bullet: "accent",
  char: "string",
  code: "code",
  comment: "comment",
  deletion: "removed",
  emphasis: "emphasis",
  keyword: "keyword",
  link: "link",
  literal: "number",
  meta: "accent",
  name: "keyword",
  number: "number",
  property: "attribute",
  quote: "comment",
  regexp: "string",
  section: "heading",
  "selector-attr": "attribute",
  "selector-class": "title",
  "selector-id": "title",
  "selector-pseudo": "title",
  "selector-tag": "keyword",
  string: "string",
  strong: "strong",
  subst: undefined,
  symbol: "number",
  "template-variable": "attribute",
  title: "title",
  "title.class": "type",
  type: "type",
  variable: "attribute",
  "variable.language": "keyword",
};

let highlighter: HLJSApi | undefined;

/** The one highlighter, without grammars until blocks ask for them. */
export function openHighlighter(): HLJSApi {
  if (highlighter === undefined) {
    highlighter = core.newInstance();
    highlighter.configure({ __emitter: SpanEmitter });
  }
  return highlighter;
}

/** The state before the first line of a block. @param language as the fence names it; `undefined` when it stays plain. */
export function beginCode(language: string): CodeState | undefined {
  const grammar = findGrammar(language.toLowerCase());
  if (grammar === undefined) return undefined;
  register(grammar.name);
  return { grammar: grammar.name, chars: 0 };
}

/**
 * Colours one line, and tells where that leaves the block. The cost depends on the line alone: the highlighter goes on
 * inside whatever the lines before have left open.
 */
export function colorLine(state: CodeState | undefined, text: string): { line: Line; next: CodeState | undefined } {
  const plain: Line = [{ text, style: PLAIN }];
  if (state === undefined || state.chars > MAX_BLOCK_CHARS) return { line: plain, next: undefined };
  const { grammar, open } = state;
  const chars = state.chars + text.length + 1;
  const unchanged = { ...state, chars };
  if (text.length > MAX_LINE_CHARS) return { line: plain, next: unchanged };
  const hljs = openHighlighter();
  if (open !== undefined) hljs.registerLanguage(RESUMED, () => resume(open, hljs.getLanguage(grammar)));
  SpanEmitter.opened = scopesOf(open);
  const language = open === undefined ? grammar : RESUMED;
  const result = hljs.highlight(`${text}\n`, { language, ignoreIllegals: true });
  // A grammar that fails leaves half a line.
  if (result.errorRaised !== undefined || !(result._emitter instanceof SpanEmitter)) {
    return { line: plain, next: unchanged };
  }
  const line = result._emitter.line();
  const mode = originOf(result._top as Mode | undefined);
  if (mode?.parent === undefined) return { line, next: { grammar, chars } };
  return { line, next: depthOf(mode) > MAX_DEPTH ? undefined : { grammar, chars, open: mode } };
}

function register(name: string): void {
  const hljs = openHighlighter();
  const grammar = findGrammar(name);
  if (grammar === undefined || hljs.getLanguage(name) !== undefined) return;
  hljs.registerLanguage(name, grammar.define);
  for (const embedded of grammar.embeds ?? []) register(embedded);
}

/** The open mode in the part of a language: where highlight.js begins is for it the outermost mode. */
function resume(mode: Mode, language: Language | undefined): Language {
  return Object.assign(Object.create(mode) as Language, {
    resumedFrom: mode,
    name: RESUMED,
    aliases: [],
    case_insensitive: language?.case_insensitive ?? false,
    classNameAliases: (language as { classNameAliases?: object } | undefined)?.classNameAliases ?? {},
  });
}

/** The mode itself: stand-ins of stand-ins would make a longer chain with every line. */
function originOf(mode: Mode | undefined): Mode | undefined {
  let origin = mode;
  while (origin?.resumedFrom !== undefined) origin = origin.resumedFrom;
  return origin;
}

function scopesOf(open: Mode | undefined): string[] {
  const scopes: string[] = [];
  for (let mode: CompiledMode | undefined = open; mode !== undefined; mode = mode.parent) {
    if (mode.scope !== undefined) scopes.unshift(mode.scope);
  }
  return scopes;
}

function depthOf(open: Mode): number {
  let depth = 0;
  for (let mode: CompiledMode | undefined = open; mode !== undefined; mode = mode.parent) depth += 1;
  return depth;
}

/** Takes what highlight.js finds as spans, where its own emitter makes HTML. */
class SpanEmitter implements Emitter {
  /** Scopes that are open when the next line begins; taken by the next emitter, others are of embedded languages. */
  static opened: readonly string[] = [];
  readonly #spans: Span[] = [];
  readonly #styles: Style[] = [];

  constructor() {
    const { opened } = SpanEmitter;
    SpanEmitter.opened = [];
    for (const scope of opened) this.startScope(scope);
  }

  addText(text: string): void {
    if (text !== "") this.#spans.push({ text, style: this.#styles.at(-1) ?? PLAIN });
  }

  startScope(scope: string): void {
    const [outer = ""] = scope.split(".");
    const name = Object.hasOwn(PAINTS, scope) ? scope : outer;
    const paint = PAINTS[name];
    const around = this.#styles.at(-1) ?? PLAIN;
    if (!Object.hasOwn(PAINTS, name)) this.#styles.push(around);
    else this.#styles.push(paint === undefined ? PLAIN : { paints: [paint] });
  }

  endScope(): void {
    this.#styles.pop();
  }

  /** What the core calls the same two by besides. */
  openNode(scope: string): void {
    this.startScope(scope);
  }

  closeNode(): void {
    this.endScope();
  }

  __addSublanguage(emitter: Emitter): void {
    if (emitter instanceof SpanEmitter) this.#spans.push(...emitter.#spans);
  }

  finalize(): void {
    this.#styles.length = 0;
  }

  toHTML(): string {
    return "";
  }

  /** What was emitted, without the line end that closed it. */
  line(): Line {
    return this.#spans.flatMap(({ text, style }) => {
      const shown = text.replaceAll("\n", "");
      return shown === "" ? [] : [{ text: shown, style }];
    });
  }
}
