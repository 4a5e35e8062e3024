import type { CommandSpec, OptionSpec } from "./command-line.js";

export interface HelpView {
  /** Width in cells; text is wrapped to it, within 40 to 100. */
  readonly columns: number;
  readonly color: boolean;
}

interface Row {
  readonly left: string;
  readonly help: string;
}

/** The text of `--help`, made from the same table that parses. Ends with a line feed. */
export function formatHelp(spec: CommandSpec, view: HelpView): string {
  const width = Math.min(Math.max(view.columns || 80, 40), 100);
  const heading = (text: string): string => (view.color ? `\x1b[1m${text}\x1b[22m` : text);
  const section = (title: string, rows: readonly Row[]): string[] =>
    rows.length === 0 ? [] : ["", heading(`${title}:`), ...formatRows(rows, width)];

  const shapes = spec.usage.map((shape) => `  ${spec.name} ${shape}`.trimEnd());
  const lines = [...wrap(`${spec.name}: ${spec.summary}`, width), "", heading("Usage:"), ...shapes];
  lines.push(
    ...section(
      "Examples",
      (spec.examples ?? []).map(({ command, help }) => ({ left: command, help })),
    ),
  );
  lines.push(
    ...section(
      "Commands",
      (spec.commands ?? []).map(({ name, help }) => ({ left: name, help })),
    ),
  );
  for (const [group, options] of groupOptions(spec)) {
    lines.push(
      ...section(
        group,
        options.map((option) => ({ left: optionLabel(option), help: optionHelp(option) })),
      ),
    );
  }
  for (const paragraph of spec.footer ?? []) lines.push("", ...wrap(paragraph, width));
  return `${lines.join("\n")}\n`;
}

function groupOptions(spec: CommandSpec): Map<string, OptionSpec[]> {
  const groups = new Map<string, OptionSpec[]>([["Options", []]]);
  for (const option of spec.options) {
    if (option.hidden === true) continue;
    const name = option.group ?? "Options";
    groups.set(name, [...(groups.get(name) ?? []), option]);
  }
  return groups;
}

/** All spellings of an option and its value, as help writes them; without a short name it begins with blanks. */
export function optionLabel(option: OptionSpec): string {
  const long = [option.name, ...(option.aliases ?? [])].map((name) => `--${name}`);
  const old = (option.singleDash ?? []).map((name) => `-${name}`);
  const short = option.short === undefined ? "    " : `-${option.short}, `;
  const value = option.type === "boolean" ? "" : ` ${option.value ?? (option.type === "number" ? "N" : "VALUE")}`;
  return `${short}${[...long, ...old].join(", ")}${value}`;
}

/** The help of an option with its choices. */
export function optionHelp(option: OptionSpec): string {
  const choices = option.choices === undefined ? "" : ` (${option.choices.join(", ")})`;
  return `${option.help}${choices}${option.repeatable === true ? " (repeatable)" : ""}`;
}

/** Two columns; a label that is too wide for its column stands on a line of its own. */
function formatRows(rows: readonly Row[], width: number): string[] {
  const widest = Math.max(...rows.map(({ left }) => left.length));
  const column = Math.min(widest, Math.floor(width * 0.4));
  const lines: string[] = [];
  for (const { left, help } of rows) {
    const [first = "", ...more] = wrap(help, width - column - 4);
    if (left.length > column) lines.push(`  ${left}`, `${" ".repeat(column + 4)}${first}`);
    else lines.push(`  ${left.padEnd(column)}  ${first}`);
    for (const line of more) lines.push(`${" ".repeat(column + 4)}${line}`);
  }
  return lines.map((line) => line.trimEnd());
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
