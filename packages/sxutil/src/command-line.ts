import yargsParser from "yargs-parser/browser";
import { UsageError } from "./failure.js";
import { nearestNames } from "./nearest.js";
import { quoted } from "./one-line.js";

/** One row of a command's option table: what is accepted, and what `--help` says about it. */
export interface OptionSpec {
  /** kebab-case, without dashes; also the key of the parsed value. */
  readonly name: string;
  /** One letter, without the dash. */
  readonly short?: string;
  /** A boolean also has `--no-NAME`; the others need a value. */
  readonly type: "boolean" | "string" | "number";
  /** Every value counts, in order. Without it the last one wins. */
  readonly repeatable?: boolean;
  /** What help calls the value, for example `FILE`. */
  readonly value?: string;
  /** The only values that are accepted. */
  readonly choices?: readonly string[];
  readonly help: string;
  /** Heading in help; options without one come first, under "Options". */
  readonly group?: string;
  /** Works, but help does not show it. */
  readonly hidden?: boolean;
  /** Other long names, kebab-case. */
  readonly aliases?: readonly string[];
  /** Long names written with one dash, as in `-config`. They win over a group of short options. */
  readonly singleDash?: readonly string[];
}

/** One row of a command's subcommands. */
export interface CommandRow {
  /** As typed, with what follows it: `get KEY`. The first word is the subcommand. */
  readonly name: string;
  readonly help: string;
  /** The options that mean something to it, by name. Without it: all that no other row claims. */
  readonly options?: readonly string[];
  /** The only words that may follow it. */
  readonly words?: readonly string[];
}

/** Everything that is known about a command line before it is read. */
export interface CommandSpec {
  /** As typed in the shell. */
  readonly name: string;
  readonly summary: string;
  /** The shapes of a call, without the command's name: `[prompt]`, `get KEY`. */
  readonly usage: readonly string[];
  readonly options: readonly OptionSpec[];
  readonly commands?: readonly CommandRow[];
  /** Whole command lines, shown first. */
  readonly examples?: readonly { readonly command: string; readonly help: string }[];
  /** Paragraphs at the end of help. */
  readonly footer?: readonly string[];
}

type ValueOf<O extends OptionSpec> = O["type"] extends "boolean"
  ? boolean
  : O["type"] extends "number"
    ? number
    : O extends { readonly choices: readonly (infer C)[] }
      ? C
      : string;

/** Values by option name. An option that was not given is `undefined`, a repeatable one is empty. */
export type ParsedOptions<S extends CommandSpec> = {
  readonly [O in S["options"][number] as O["name"]]: O extends { readonly repeatable: true }
    ? readonly ValueOf<O>[]
    : ValueOf<O> | undefined;
};

export interface ParsedCommandLine<S extends CommandSpec> {
  readonly options: ParsedOptions<S>;
  /** In order, exactly as typed; `-` is one of them. */
  readonly positionals: readonly string[];
  /** What stood after `--`, exactly as typed. */
  readonly rest: readonly string[];
}

/**
 * Reads a command line after its table. Options and positionals may be mixed; `--` ends the options. A value may be
 * attached (`--model=x`, `-mx`, `-m=x`) or follow as the next argument. What looks like an option is not taken as a
 * value then: `--model --json` is a forgotten value, and `--model=--json` says that it is not.
 * @throws UsageError for an unknown option (with the nearest known one), a missing or unwanted value, a value that is
 * not a number or not among the choices. Messages never repeat the value of a free text option: it may be a secret.
 */
export function parseCommandLine<const S extends CommandSpec>(argv: readonly string[], spec: S): ParsedCommandLine<S> {
  const end = argv.indexOf("--");
  const line = spellOut(end === -1 ? argv : argv.slice(0, end), spec);
  const parsed = yargsParser(line.options, {
    boolean: namesOf(spec, (option) => option.type === "boolean"),
    string: namesOf(spec, (option) => option.type !== "boolean"),
    narg: Object.fromEntries(namesOf(spec, (option) => option.type !== "boolean").map((name) => [name, 1])),
    configuration: {
      "camel-case-expansion": false,
      "dot-notation": false,
      "nargs-eats-options": true,
    },
  });
  const options = Object.fromEntries(
    spec.options.map((option) => [option.name, readValue(option, parsed[option.name])]),
  );
  return {
    options: options as ParsedOptions<S>,
    positionals: line.positionals,
    rest: end === -1 ? [] : argv.slice(end + 1),
  };
}

function namesOf(spec: CommandSpec, wanted: (option: OptionSpec) => boolean): string[] {
  return spec.options.filter(wanted).map(({ name }) => name);
}

/**
 * Rewrites every option in the one way that the parser reads without guessing: `--name`, `--no-name`, or `--name` and
 * its value as the next argument. Left alone it would split `-pvalue` into letters, take quotes off `--x="y"`, and drop
 * what it does not know.
 */
function spellOut(argv: readonly string[], spec: CommandSpec): { options: string[]; positionals: string[] } {
  const table = new OptionTable(spec);
  const options: string[] = [];
  const positionals: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? "";
    if (!argument.startsWith("-") || argument === "-" || /^-\s/.test(argument)) {
      positionals.push(argument);
      continue;
    }
    for (const { option, spelled, negated, attached } of table.read(argument)) {
      if (option.type === "boolean") {
        options.push(`--${booleanOf(spelled, negated, attached) ? "" : "no-"}${option.name}`);
        continue;
      }
      let text = attached;
      if (text === undefined) {
        const next = argv[index + 1];
        if (next === undefined || looksLikeOption(next)) throw missingValue(option, spelled, next);
        text = next;
        index++;
      }
      options.push(`--${option.name}`, text);
    }
  }
  return { options, positionals };
}

/** One option as it was written. */
interface Written {
  readonly option: OptionSpec;
  /** With its dashes, without a value: how messages call it. */
  readonly spelled: string;
  readonly negated: boolean;
  /** The value in the same argument. */
  readonly attached: string | undefined;
}

class OptionTable {
  private readonly long = new Map<string, OptionSpec>();
  private readonly short = new Map<string, OptionSpec>();
  private readonly singleDash = new Map<string, OptionSpec>();

  constructor(private readonly spec: CommandSpec) {
    for (const option of spec.options) {
      for (const name of [option.name, ...(option.aliases ?? [])]) this.long.set(name, option);
      if (option.short !== undefined) this.short.set(option.short, option);
      for (const name of option.singleDash ?? []) this.singleDash.set(name, option);
    }
  }

  /** The options in one argument that starts with a dash: one, or a group of short ones. */
  read(argument: string): readonly Written[] {
    const equals = argument.indexOf("=");
    const spelled = equals === -1 ? argument : argument.slice(0, equals);
    const attached = equals === -1 ? undefined : argument.slice(equals + 1);
    if (argument.startsWith("--")) return [this.readLong(spelled, attached)];
    const old = this.singleDash.get(spelled.slice(1));
    if (old !== undefined) return [{ option: old, spelled, negated: false, attached }];
    // `-model x` would silently be `-m odel`: a whole long name behind one dash is taken for the slip that it is.
    if (spelled.length > 2 && this.long.has(spelled.slice(1))) throw this.unknown(spelled);
    return this.readShorts(argument);
  }

  private readLong(spelled: string, attached: string | undefined): Written {
    const name = spelled.slice(2);
    const option = this.long.get(name);
    if (option !== undefined) return { option, spelled, negated: false, attached };
    const positive = name.startsWith("no-") ? this.long.get(name.slice(3)) : undefined;
    if (positive?.type === "boolean") return { option: positive, spelled, negated: true, attached };
    throw this.unknown(spelled);
  }

  private readShorts(argument: string): readonly Written[] {
    const written: Written[] = [];
    for (let at = 1; at < argument.length; at++) {
      const letter = firstCharacter(argument.slice(at));
      const option = this.short.get(letter);
      if (option === undefined) throw this.unknown(at === 1 ? argument.replace(/=.*$/s, "") : `-${letter}`);
      const rest = argument.slice(at + 1);
      const takesRest = option.type !== "boolean" || rest.startsWith("=");
      const attached = takesRest && rest !== "" ? rest.replace(/^=/, "") : undefined;
      written.push({ option, spelled: `-${letter}`, negated: false, attached });
      if (takesRest) break;
    }
    return written;
  }

  private unknown(spelled: string): UsageError {
    const visible = this.spec.options.filter(({ hidden }) => hidden !== true);
    const names = visible.flatMap(({ name, aliases = [], singleDash = [] }) => [
      ...[name, ...aliases].map((long) => `--${long}`),
      ...singleDash.map((long) => `-${long}`),
    ]);
    const bare = new Map(names.map((name) => [name.replace(/^-+/, ""), name]));
    const [near] = nearestNames(spelled.replace(/^-+(?:no-)?/, ""), bare.keys());
    // A short option's value may be attached to it, so only its letter is repeated unless a long name was meant.
    const shown = spelled.startsWith("--") || near !== undefined ? spelled : `-${firstCharacter(spelled.slice(1))}`;
    const advice = near === undefined ? `see ${this.spec.name} --help` : `did you mean ${bare.get(near)}?`;
    return new UsageError(`unknown option ${quoted(shown)}; ${advice}`);
  }
}

function firstCharacter(text: string): string {
  const code = text.codePointAt(0);
  return code === undefined ? "" : String.fromCodePoint(code);
}

function booleanOf(spelled: string, negated: boolean, attached: string | undefined): boolean {
  if (attached === undefined) return !negated;
  if (!negated && (attached === "true" || attached === "false")) return attached === "true";
  throw new UsageError(`${spelled} takes no value`);
}

/** `-5` and a line of text that begins with a dash are values; `-x` and `--json` are not. */
function looksLikeOption(argument: string): boolean {
  return /^--?[a-z][\w-]*(?:=|$)/i.test(argument);
}

function missingValue(option: OptionSpec, spelled: string, next: string | undefined): UsageError {
  const needed = `${spelled} needs a value${placeholder(option)}`;
  if (next === undefined) return new UsageError(needed);
  const example = spelled.startsWith("--") ? `${spelled}=VALUE` : `${spelled}VALUE`;
  return new UsageError(`${needed}; write ${example} if it begins with a dash`);
}

function placeholder(option: OptionSpec): string {
  if (option.choices !== undefined) return `: ${option.choices.join(", ")}`;
  return option.value === undefined ? "" : ` ${option.value}`;
}

function readValue(option: OptionSpec, parsed: unknown): unknown {
  const all = parsed === undefined ? [] : [parsed].flat();
  const values = all.map((value) => (typeof value === "string" ? checkText(option, value) : value));
  return option.repeatable === true ? values : values.at(-1);
}

function checkText(option: OptionSpec, text: string): string | number {
  if (option.type === "number") {
    const value = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    if (!Number.isFinite(value)) throw new UsageError(`--${option.name} needs a number, not ${quoted(text)}`);
    return value;
  }
  if (option.choices !== undefined && !option.choices.includes(text)) {
    const [near] = nearestNames(text, option.choices);
    const advice = near === undefined ? `choose ${option.choices.join(", ")}` : `did you mean ${near}?`;
    throw new UsageError(`--${option.name} cannot be ${quoted(text)}; ${advice}`);
  }
  return text;
}
