import { visibleText } from "../visible-text.js";
import type { CompletionTrigger } from "./completion-trigger.js";
import { formatMention } from "./file-mention.js";
import { FileRanking } from "./file-ranking.js";

/** A slash command, as far as completing goes. */
export interface CommandChoice {
  /** Without the slash. */
  readonly name: string;
  readonly description: string;
  /** Whether something has to follow; without it Enter on the choice sends it. */
  readonly takesArgument?: boolean;
  /** What may follow, for what was written of it. `signal` aborts when nobody waits any more. */
  readonly complete?: (argument: string, signal: AbortSignal) => readonly Choice[] | Promise<readonly Choice[]>;
}

/** One row to choose. */
export interface Choice {
  /** What is put in the text. */
  readonly value: string;
  readonly detail?: string;
}

/** Paths to choose from, relative to the workspace; folders end in `/`. Rejects with the signal's reason on abort. */
export type FileLister = (signal: AbortSignal) => Promise<readonly string[]>;

export interface CompletionSources {
  /** Asked anew each time, in the order to show them. */
  readonly commands: () => readonly CommandChoice[];
  readonly files?: FileLister;
  /** Runs `work` after the key has been drawn. `setImmediate` in the program. */
  readonly defer: (work: () => void) => void;
  /** Rows have come or changed without a key: draw again. */
  readonly onChange: () => void;
  /** A clock that never goes back, in milliseconds: a list of files is read again when it is old. */
  readonly nowMs: () => number;
}

/** A row of the list. */
export interface CompletionRow {
  /** Safe to show. */
  readonly label: string;
  readonly detail: string;
  readonly isSelected: boolean;
}

/** What accepting a row does to the text. */
export interface Accepted {
  /** How many code units before the cursor are replaced. */
  readonly length: number;
  readonly text: string;
  /** A whole command: Enter need not be pressed again. */
  readonly isComplete: boolean;
}

type Row = Choice & { readonly label: string; readonly insert: string; readonly isComplete: boolean };

/** Rows that are seen at once, and those that can be gone through. */
const MAX_SHOWN_ROWS = 8;
const MAX_ROWS = 50;
/** More paths than this are not offered. */
const MAX_PATHS = 60_000;
const FILES_FRESH_MS = 5000;

/** The list under the text. It opens and narrows as one types; whatever takes time comes later, and never late. */
export class Completion {
  readonly #sources: CompletionSources;
  #trigger: CompletionTrigger | undefined;
  #rows: readonly Row[] = [];
  #selected = 0;
  #work: AbortController | undefined;
  /** The rows are those of what was written before: they are seen, but not taken. */
  #isStale = false;
  #files: { readonly ranking: FileRanking; readonly atMs: number } | undefined;
  #reading: { readonly paths: Promise<readonly string[]>; readonly abort: AbortController } | undefined;
  /** Esc was pressed on this trigger: it stays closed until the trigger is gone. */
  #dismissed: string | undefined;

  constructor(sources: CompletionSources) {
    this.#sources = sources;
  }

  get isOpen(): boolean {
    return this.#rows.length > 0;
  }

  /** At most `MAX_SHOWN_ROWS`, with the selected one among them, and how many there are in all. */
  get shown(): { readonly rows: readonly CompletionRow[]; readonly first: number; readonly total: number } {
    const first = Math.max(0, Math.min(this.#selected - 3, this.#rows.length - MAX_SHOWN_ROWS));
    const rows = this.#rows.slice(first, first + MAX_SHOWN_ROWS).map(({ label, detail }, index) => ({
      label,
      detail: visibleText(detail ?? "").replaceAll("\n", " "),
      isSelected: first + index === this.#selected,
    }));
    return { rows, first, total: this.#rows.length };
  }

  /** The text changed, or the cursor moved. */
  update(trigger: CompletionTrigger | undefined): void {
    if (trigger === undefined) this.#dismissed = undefined;
    if (trigger === undefined || this.#dismissed === trigger.kind) return this.close();
    if (isSame(trigger, this.#trigger)) return;
    if (trigger.kind !== this.#trigger?.kind) this.close();
    this.#trigger = trigger;
    this.#selected = 0;
    this.#work?.abort();
    const work = new AbortController();
    this.#work = work;
    this.#isStale = trigger.kind === "file";
    if (trigger.kind === "command") this.#rows = this.#commandRows(trigger.query);
    else if (trigger.kind === "argument") this.#showArguments(trigger, work.signal);
    else this.#sources.defer(() => void this.#showFiles(trigger.query, work.signal));
  }

  /** Tab: opens also what was closed with Esc. */
  reopen(trigger: CompletionTrigger | undefined): void {
    this.#dismissed = undefined;
    this.update(trigger);
  }

  /** Esc: closed until something else is completed. */
  dismiss(): void {
    const kind = this.#trigger?.kind;
    this.close();
    this.#dismissed = kind;
  }

  /** Ends all that is under way. The list of files that was read is kept for a moment. */
  close(): void {
    this.#trigger = undefined;
    this.#rows = [];
    this.#selected = 0;
    this.#work?.abort();
    this.#work = undefined;
    this.#reading?.abort.abort();
    this.#reading = undefined;
  }

  /** To the next or the previous row, around the ends. */
  select(step: 1 | -1): void {
    const count = this.#rows.length;
    if (count > 0) this.#selected = (this.#selected + step + count) % count;
  }

  /** What the selected row puts into the text; `undefined` when nothing is open, or not for what is written now. */
  accept(): Accepted | undefined {
    const row = this.#rows[this.#selected];
    if (row === undefined || this.#trigger === undefined || this.#isStale) return undefined;
    const { length } = this.#trigger;
    return { length, text: row.insert, isComplete: row.isComplete };
  }

  #commandRows(query: string): readonly Row[] {
    const word = query.toLowerCase();
    const all = this.#sources.commands().filter(({ name }) => name.toLowerCase().includes(word));
    const first = all.filter(({ name }) => name.toLowerCase().startsWith(word));
    const rest = all.filter((command) => !first.includes(command));
    return [...first, ...rest].slice(0, MAX_ROWS).map(({ name, description, takesArgument }) => ({
      value: name,
      label: oneRow(`/${name}`),
      detail: description,
      insert: `/${name} `,
      isComplete: takesArgument !== true,
    }));
  }

  #showArguments(trigger: Extract<CompletionTrigger, { kind: "argument" }>, signal: AbortSignal): void {
    this.#rows = [];
    const command = this.#sources.commands().find(({ name }) => name === trigger.command);
    if (command?.complete === undefined) return;
    const found = command.complete(trigger.query, signal);
    if (!(found instanceof Promise)) {
      this.#rows = argumentRows(found, trigger.query);
      return;
    }
    found.then(
      (choices) => this.#arrive(signal, argumentRows(choices, trigger.query)),
      // A list that cannot be had is no list: one types on.
      () => this.#arrive(signal, []),
    );
  }

  async #showFiles(query: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#sources.files === undefined) return;
    let rows: readonly Row[] = [];
    try {
      const ranking = await this.#listFiles(this.#sources.files);
      rows = (await ranking.search(query, MAX_ROWS, signal)).map(fileRow);
    } catch {
      // Stopped, or the folder cannot be read: there is no list then, and one types on.
    }
    this.#arrive(signal, rows);
  }

  async #listFiles(files: FileLister): Promise<FileRanking> {
    const known = this.#files;
    if (known !== undefined && this.#sources.nowMs() - known.atMs < FILES_FRESH_MS) return known.ranking;
    if (this.#reading === undefined) {
      const abort = new AbortController();
      this.#reading = { paths: files(abort.signal), abort };
    }
    const reading = this.#reading;
    try {
      const paths = await reading.paths;
      // Others waited for the same list.
      if (this.#reading !== reading && this.#files !== undefined) return this.#files.ranking;
      const pause = (): Promise<void> => new Promise((resolve) => this.#sources.defer(resolve));
      const ranking = new FileRanking(paths.slice(0, MAX_PATHS), pause);
      this.#files = { ranking, atMs: this.#sources.nowMs() };
      return ranking;
    } finally {
      if (this.#reading === reading) this.#reading = undefined;
    }
  }

  #arrive(signal: AbortSignal, rows: readonly Row[]): void {
    if (signal.aborted) return;
    this.#isStale = false;
    this.#rows = rows;
    this.#selected = 0;
    this.#sources.onChange();
  }
}

function fileRow(path: string): Row {
  const mention = formatMention(path);
  // Behind a folder one goes on into it, so its quote stays open and no space follows.
  const insert = path.endsWith("/") ? mention.replace(/"$/, "") : `${mention} `;
  return { value: path, label: oneRow(path), insert, isComplete: false };
}

function argumentRows(choices: readonly Choice[], query: string): readonly Row[] {
  const rows = choices.slice(0, MAX_ROWS).map((choice) => ({
    ...choice,
    label: oneRow(choice.value),
    insert: choice.value,
    isComplete: true,
  }));
  // What is written already need not be offered.
  return rows.length === 1 && rows[0]?.value === query ? [] : rows;
}

function oneRow(text: string): string {
  return visibleText(text).replaceAll("\n", "⏎");
}

function isSame(a: CompletionTrigger, b: CompletionTrigger | undefined): boolean {
  return (
    b !== undefined &&
    a.kind === b.kind &&
    a.query === b.query &&
    a.length === b.length &&
    (a.kind !== "argument" || b.kind !== "argument" || a.command === b.command)
  );
}
