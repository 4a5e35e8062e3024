import type { CommandSpec, OptionSpec } from "./command-line.js";

/** The shells that a completion can be made for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * The completion of a command for one shell, made from the same table that parses: options, their choices,
 * subcommands and the options of each. What the script needs is in it; it never runs the command. Ends with a line feed.
 * @throws Error when a name in the table is no plain word: it would become code of the shell.
 */
export function formatCompletion(spec: CommandSpec, shell: Shell): string {
  const table = new CompletionTable(spec);
  switch (shell) {
    case "bash":
      return formatBash(table);
    case "zsh":
      return formatZsh(table);
    case "fish":
      return formatFish(table);
  }
}

interface Offer {
  readonly word: string;
  readonly help: string;
}

/** The value of an option: a choice, a path, or anything. */
interface ValueRow {
  /** Every spelling of the option, with its dashes. */
  readonly spellings: readonly string[];
  readonly choices: readonly string[];
  readonly isPath: boolean;
}

interface Subcommand {
  readonly word: string;
  readonly help: string;
  readonly options: readonly OptionSpec[];
  readonly words: readonly string[];
}

/** What all shells are told, in one shape. */
class CompletionTable {
  readonly name: string;
  /** For names of shell functions. */
  readonly id: string;
  readonly subcommands: readonly Subcommand[];
  /** Options of a call without a subcommand. */
  readonly ownOptions: readonly OptionSpec[];
  readonly values: readonly ValueRow[];

  constructor(spec: CommandSpec) {
    const visible = spec.options.filter(({ hidden }) => hidden !== true);
    const claimed = new Set((spec.commands ?? []).flatMap(({ options = [] }) => options));
    const shared = visible.filter(({ name }) => ALWAYS.has(name));
    const unclaimed = visible.filter(({ name }) => !claimed.has(name) && !ALWAYS.has(name));
    this.name = plain(spec.name);
    this.id = `_${this.name.replaceAll(/\W/gu, "_")}`;
    this.subcommands = (spec.commands ?? []).map((row) => {
      const { options } = row;
      const own = options === undefined ? unclaimed : visible.filter(({ name }) => options.includes(name));
      return {
        word: plain(row.name.split(" ")[0] ?? ""),
        help: row.help,
        options: [...own, ...shared],
        words: (row.words ?? []).map(plain),
      };
    });
    this.ownOptions = visible.filter(
      ({ name, group }) => group === undefined || !claimed.has(name) || ALWAYS.has(name),
    );
    this.values = visible
      .filter(({ type }) => type !== "boolean")
      .map((option) => ({
        spellings: spellingsOf(option),
        choices: (option.choices ?? []).map(plain),
        isPath: /^(?:FILE|PATH|FOLDER|DIR)$/u.test(option.value ?? ""),
      }));
  }
}

/** Every command has them, with and without a subcommand. */
const ALWAYS: ReadonlySet<string> = new Set(["help", "version"]);

function spellingsOf(option: OptionSpec): readonly string[] {
  return [
    ...[option.name, ...(option.aliases ?? [])].map((name) => `--${plain(name)}`),
    ...(option.short === undefined ? [] : [`-${plain(option.short)}`]),
    ...(option.singleDash ?? []).map((name) => `-${plain(name)}`),
  ];
}

/** What is offered for an option: its long name, and the old spelling with one dash. */
function offersOf(options: readonly OptionSpec[]): readonly Offer[] {
  return options.flatMap((option) =>
    [`--${plain(option.name)}`, ...(option.singleDash ?? []).map((name) => `-${plain(name)}`)].map((word) => ({
      word,
      help: option.help,
    })),
  );
}

function plain(word: string): string {
  if (/^[\w.:@+][\w.:@+-]*$/u.test(word)) return word;
  throw new Error(`${JSON.stringify(word)} in the option table is not a plain word`);
}

const offered = (options: readonly OptionSpec[]): string =>
  offersOf(options)
    .map(({ word }) => word)
    .join(" ");

/** For bash 3.2, which macOS still has, and later; needs no bash-completion. */
function formatBash(table: CompletionTable): string {
  const { name, id, values, subcommands, ownOptions } = table;
  const reply = (words: string): string => `COMPREPLY=($(compgen -W '${words}' -- "$cur"))`;
  const valueCases = values.map(({ spellings, choices, isPath }) => {
    const action = choices.length > 0 ? reply(choices.join(" ")) : isPath ? "compopt -o default 2>/dev/null" : ":";
    return `    ${spellings.join(" | ")}) ${action}; return ;;`;
  });
  return [
    `# bash completion for ${name}: eval "$(${name} completion bash)"`,
    `${id}() {`,
    `  local cur=\${COMP_WORDS[COMP_CWORD]} command= takes= i word`,
    "  COMPREPLY=()",
    "  # bash splits --name=value in three.",
    '  [[ $cur == "=" ]] && cur=',
    "  for ((i = 1; i < COMP_CWORD; i++)); do",
    "    word=${COMP_WORDS[i]}",
    "    if [[ -n $takes ]]; then",
    '      [[ $word == "=" ]] || takes=',
    "      continue",
    "    fi",
    "    case $word in",
    "    --) return ;;",
    ...(values.length === 0 ? [] : [`    ${values.flatMap(({ spellings }) => spellings).join(" | ")}) takes=$word ;;`]),
    "    -*) ;;",
    "    *) [[ -n $command ]] || command=$word ;;",
    "    esac",
    "  done",
    ...(values.length === 0 ? [] : ["  case $takes in", ...valueCases, "  esac"]),
    "  case $command in",
    "  '')",
    `    if [[ $cur == -* ]]; then ${reply(offered(ownOptions))}`,
    `    else ${reply(subcommands.map(({ word }) => word).join(" "))}; fi ;;`,
    ...subcommands.flatMap(({ word, options, words }) => [
      `  ${word})`,
      `    if [[ $cur == -* ]]; then ${reply(offered(options))}`,
      `    else ${words.length === 0 ? ":" : reply(words.join(" "))}; fi ;;`,
    ]),
    "  esac",
    "}",
    `complete -F ${id} ${name}`,
    "",
  ].join("\n");
}

function formatZsh(table: CompletionTable): string {
  const { name, id, values, subcommands, ownOptions } = table;
  const rows = (offers: readonly Offer[]): string =>
    offers.map(({ word, help }) => quote(`${word.replaceAll(":", "\\:")}:${help.replaceAll(":", "\\:")}`)).join(" ");
  const valueCases = values.map(({ spellings, choices, isPath }) => {
    const action = choices.length > 0 ? `compadd -- ${choices.join(" ")}` : isPath ? "_files" : ":";
    return `    ${spellings.join(" | ")}) ${action}; return ;;`;
  });
  return [
    `#compdef ${name}`,
    `# zsh completion: put this into a folder of $fpath as _${name}, or: source <(${name} completion zsh)`,
    `${id}() {`,
    "  local command= takes= word",
    "  local -a offers",
    "  integer i",
    "  for ((i = 2; i < CURRENT; i++)); do",
    "    word=${words[i]}",
    "    if [[ -n $takes ]]; then takes=; continue; fi",
    "    case $word in",
    "    --) return ;;",
    ...(values.length === 0 ? [] : [`    ${values.flatMap(({ spellings }) => spellings).join(" | ")}) takes=$word ;;`]),
    "    -*) ;;",
    "    *) [[ -n $command ]] || command=$word ;;",
    "    esac",
    "  done",
    '  if [[ -z $takes && $PREFIX == --*=* ]]; then takes=${PREFIX%%=*}; compset -P "*="; fi',
    ...(values.length === 0 ? [] : ["  case $takes in", ...valueCases, "  esac"]),
    "  case $command in",
    "  '')",
    `    if [[ $PREFIX == -* ]]; then offers=(${rows(offersOf(ownOptions))})`,
    `    else offers=(${rows(subcommands)}); fi ;;`,
    ...subcommands.flatMap(({ word, options, words }) => [
      `  ${word})`,
      `    if [[ $PREFIX == -* ]]; then offers=(${rows(offersOf(options))})`,
      `    else offers=(${words.join(" ")}); fi ;;`,
    ]),
    "  esac",
    `  (( \${#offers} )) && _describe ${quote(name)} offers`,
    "}",
    "# Loaded by compinit through $fpath the file is the function; sourced it only registers it.",
    `if [[ $funcstack[1] == _${name} ]]; then ${id} "$@"; else compdef ${id} ${name}; fi`,
    "",
  ].join("\n");
}

function formatFish(table: CompletionTable): string {
  const { name, subcommands, ownOptions } = table;
  const words = subcommands.map(({ word }) => word).join(" ");
  const seen = (word: string): string => `__fish_seen_subcommand_from ${word}`;
  const none = subcommands.length === 0 ? "true" : `not ${seen(words)}`;
  const line = (condition: string, rest: string): string => `complete -c ${name} -n ${quoteFish(condition)} ${rest}`;
  const option = (condition: string, one: OptionSpec): string =>
    line(
      condition,
      [
        ...[one.name, ...(one.aliases ?? [])].map((long) => `-l ${plain(long)}`),
        ...(one.short === undefined ? [] : [`-s ${plain(one.short)}`]),
        ...(one.singleDash ?? []).map((old) => `-o ${plain(old)}`),
        ...fishValue(one),
        `-d ${quoteFish(one.help)}`,
      ].join(" "),
    );
  return [
    `# fish completion for ${name}: ${name} completion fish > ~/.config/fish/completions/${name}.fish`,
    `complete -c ${name} -f`,
    ...subcommands.map(({ word, help }) => line(none, `-a ${word} -d ${quoteFish(help)}`)),
    ...ownOptions.map((one) => option(none, one)),
    ...subcommands.flatMap((sub) => [
      ...(sub.words.length === 0 ? [] : [line(seen(sub.word), `-a ${quoteFish(sub.words.join(" "))}`)]),
      ...sub.options.map((one) => option(seen(sub.word), one)),
    ]),
    "",
  ].join("\n");
}

function fishValue(option: OptionSpec): readonly string[] {
  if (option.type === "boolean") return [];
  if (option.choices !== undefined) return ["-x", `-a ${quoteFish(option.choices.map(plain).join(" "))}`];
  return /^(?:FILE|PATH|FOLDER|DIR)$/u.test(option.value ?? "") ? ["-r", "-F"] : ["-x"];
}

/** One word of a POSIX shell or zsh. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function quoteFish(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
