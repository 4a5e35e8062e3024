import { optionHelp, optionLabel } from "./command-help.js";
import type { CommandSpec, OptionSpec } from "./command-line.js";

/** A part of a man page that the option table does not hold: files, environment, exit codes. */
export interface ManSection {
  /** In capitals, as man pages have it. */
  readonly title: string;
  readonly rows?: readonly { readonly term: string; readonly help: string }[];
  readonly text?: readonly string[];
}

export interface ManPage {
  /** What the foot of the page says, for example `scorpiox code`. */
  readonly source: string;
  /** Between the options and the examples. */
  readonly sections?: readonly ManSection[];
}

/**
 * The man page of a command, section 1, as troff with the `man` macros, made from the same table that parses. The same
 * table gives the same bytes: there is no date in it. Ends with a line feed.
 */
export function formatManPage(spec: CommandSpec, { source, sections = [] }: ManPage): string {
  const lines = [
    String.raw`.\" Made from the option table of the command; change the table, not this file.`,
    `.TH ${argument(spec.name.toUpperCase())} 1 "" ${argument(source)} "User Commands"`,
    ".SH NAME",
    `${escapeText(spec.name)} \\- ${escapeText(lowerFirst(spec.summary).replace(/\.$/u, ""))}`,
    ".SH SYNOPSIS",
    ...spec.usage.flatMap((shape, index) => [
      ...(index === 0 ? [] : [".br"]),
      `\\fB${escapeText(spec.name)}\\fR ${escapeText(shape)}`.trimEnd(),
    ]),
    ".SH DESCRIPTION",
    ...paragraphs([spec.summary, ...(spec.footer ?? [])]),
  ];
  const commands = (spec.commands ?? []).map(({ name, help, options }) => {
    const also = options === undefined || options.length === 0 ? "" : `; options: ${options.map(longName).join(", ")}`;
    return { term: name, help: help + also };
  });
  if (commands.length > 0) lines.push(".SH COMMANDS", ...rowsOf(commands));
  for (const [group, options] of groupOptions(spec.options)) {
    lines.push(group === undefined ? ".SH OPTIONS" : `.SS ${argument(group)}`);
    lines.push(...rowsOf(options.map((option) => ({ term: optionLabel(option).trim(), help: optionHelp(option) }))));
  }
  for (const { title, rows = [], text = [] } of sections) {
    lines.push(`.SH ${argument(title)}`, ...paragraphs(text), ...rowsOf(rows));
  }
  const examples = (spec.examples ?? []).map(({ command, help }) => ({ term: command, help }));
  if (examples.length > 0) lines.push(".SH EXAMPLES", ...rowsOf(examples));
  return `${lines.join("\n")}\n`;
}

const longName = (name: string): string => `--${name}`;

/** Those without a heading first. */
function groupOptions(options: readonly OptionSpec[]): ReadonlyMap<string | undefined, readonly OptionSpec[]> {
  const groups = new Map<string | undefined, OptionSpec[]>([[undefined, []]]);
  for (const option of options) {
    if (option.hidden === true) continue;
    groups.set(option.group, [...(groups.get(option.group) ?? []), option]);
  }
  return groups;
}

function rowsOf(rows: readonly { readonly term: string; readonly help: string }[]): readonly string[] {
  return rows.flatMap(({ term, help }) => [".TP", `\\fB${escapeText(term)}\\fR`, escapeText(help)]);
}

function paragraphs(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text, index) => [...(index === 0 ? [] : [".PP"]), escapeText(text)]);
}

/** Text that troff prints as it is: a `-` stays one that can be copied, and no line is taken for a request. */
function escapeText(text: string): string {
  const line = text
    .replaceAll(/\s+/gu, " ")
    .replaceAll("\\", String.raw`\e`)
    .replaceAll("-", String.raw`\-`)
    .replaceAll("'", String.raw`\(aq`)
    .replaceAll("`", String.raw`\(ga`)
    .replaceAll("^", String.raw`\(ha`)
    .replaceAll("~", String.raw`\(ti`);
  return line.startsWith(".") ? `\\&${line}` : line;
}

function argument(text: string): string {
  return `"${escapeText(text).replaceAll('"', String.raw`\(dq`)}"`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
