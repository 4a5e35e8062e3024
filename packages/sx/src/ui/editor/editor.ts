import type { InputEvent, Key } from "../keys/key.js";
import { Chips } from "./chips.js";
import { Completion, type CompletionSources } from "./completion.js";
import { type CompletionTrigger, findTrigger } from "./completion-trigger.js";
import { cleanInput, EditBuffer } from "./edit-buffer.js";
import { type EditorAction, findAction } from "./editor-keys.js";
import { type EditorRows, type EditorTheme, EditorView } from "./editor-view.js";
import { createGlyphs, type Glyphs } from "./glyphs.js";
import { History } from "./history.js";
import { FOLD_LIMITS, type FoldLimits, foldPaste } from "./paste-folding.js";
import { PromptSearch } from "./prompt-search.js";

/** What the owner of the editor is to do. */
export type EditorEvent =
  | Submission
  | { readonly type: "interrupt" }
  /** Ctrl+C: what was written is gone from the screen (Ctrl+_ brings it back), or there was nothing. */
  | { readonly type: "cancel"; readonly hadText: boolean }
  | { readonly type: "leave"; readonly by: "ctrl+c" | "ctrl+d" }
  | { readonly type: "mode" }
  | { readonly type: "fold" }
  | { readonly type: "suspend" }
  | { readonly type: "redraw" }
  /** Let the person write this elsewhere, then hand it to `setText`. */
  | { readonly type: "openEditor"; readonly text: string }
  /** A paste was longer than is taken. */
  | { readonly type: "pasteCut"; readonly droppedChars: number };

export interface Submission {
  readonly type: "submit";
  /** With every paste in its place; an image is `[image name.png #2]`. */
  readonly text: string;
  /** With a label for every paste too: for the screen. */
  readonly shown: string;
  /** What to keep as an earlier prompt; the owner writes it to the file. */
  readonly historyText: string;
  readonly pastes: readonly { readonly label: string; readonly text: string }[];
  readonly images: readonly { readonly label: string; readonly path: string }[];
}

export interface EditorOptions {
  readonly theme: EditorTheme;
  readonly completion: CompletionSources;
  /** Whether there is an image at a path that was pasted or dropped; it may be relative, or begin with `~/`. */
  readonly isImage: (path: string) => boolean;
  readonly history?: History;
  readonly foldLimits?: FoldLimits;
  readonly prompt?: string;
  readonly placeholder?: string;
}

/** An earlier prompt longer than this comes back with labels in place of its pastes. */
const MAX_HISTORY_CHARS = 20_000;
const MAX_TEXT_ROWS = 10;

/** What only changes the text or moves the cursor. */
const EDITS = {
  newLine: (buffer: EditBuffer) => buffer.insert("\n"),
  left: (buffer: EditBuffer) => buffer.move("left"),
  right: (buffer: EditBuffer) => buffer.move("right"),
  wordLeft: (buffer: EditBuffer) => buffer.move("wordLeft"),
  wordRight: (buffer: EditBuffer) => buffer.move("wordRight"),
  lineStart: (buffer: EditBuffer) => buffer.move("lineStart"),
  lineEnd: (buffer: EditBuffer) => buffer.move("lineEnd"),
  textStart: (buffer: EditBuffer) => buffer.move("textStart"),
  textEnd: (buffer: EditBuffer) => buffer.move("textEnd"),
  eraseLeft: (buffer: EditBuffer) => buffer.erase("left"),
  eraseRight: (buffer: EditBuffer) => buffer.erase("right"),
  killSpacedWordLeft: (buffer: EditBuffer) => buffer.kill("spacedWordLeft"),
  killWordLeft: (buffer: EditBuffer) => buffer.kill("wordLeft"),
  killWordRight: (buffer: EditBuffer) => buffer.kill("wordRight"),
  killToEnd: (buffer: EditBuffer) => buffer.kill("lineEnd"),
  killToStart: (buffer: EditBuffer) => buffer.kill("lineStart"),
  yank: (buffer: EditBuffer) => buffer.yank(),
  yankPop: (buffer: EditBuffer) => buffer.yankPop(),
  transpose: (buffer: EditBuffer) => buffer.transpose(),
  undo: (buffer: EditBuffer) => void buffer.undo(),
  redo: (buffer: EditBuffer) => void buffer.redo(),
} as const satisfies Partial<Record<EditorAction, (buffer: EditBuffer) => void>>;

type EditAction = keyof typeof EDITS;

/** The editor of the chat: keys in, what they ask for out, rows to draw at any time. It touches neither screen nor disk. */
export class Editor {
  readonly #options: EditorOptions;
  readonly #buffer = new EditBuffer();
  readonly #chips = new Chips();
  readonly #history: History;
  readonly #completion: Completion;
  readonly #view: EditorView;
  #search: PromptSearch | undefined;
  #glyphs: Glyphs;
  /** The key before was Ctrl+C. */
  #wasCancelled = false;

  constructor(options: EditorOptions) {
    this.#options = options;
    this.#history = options.history ?? new History();
    this.#completion = new Completion(options.completion);
    const { theme, prompt = "> ", placeholder = "" } = options;
    this.#view = new EditorView({ theme, prompt, placeholder });
    this.#glyphs = createGlyphs(this.#chips, this.#view.textColumns(80));
  }

  /** Whether nothing is written. */
  get isEmpty(): boolean {
    return this.#buffer.isEmpty;
  }

  /** What is written, pastes in their places. */
  get text(): string {
    return this.#chips.expand(this.#buffer.text);
  }

  /** One key or paste; what else a terminal says is not the editor's. */
  handle(event: InputEvent): readonly EditorEvent[] {
    if (event.type === "paste") return this.#paste(event.text, event.droppedChars);
    if (event.type !== "key") return [];
    const { key } = event;
    const action = findAction(key);
    const again = this.#wasCancelled;
    this.#wasCancelled = action === "cancel";
    if (this.#search !== undefined && this.#handleSearch(this.#search, key, action)) return [];
    if (action !== undefined && !isEdit(action)) return this.#act(action, again);
    if (action !== undefined) EDITS[action](this.#buffer);
    else if (key.text !== undefined) this.#buffer.insert(key.text);
    this.#complete();
    return [];
  }

  /** Replaces what is written, as after an external editor; it can be undone. Labels of images are images again. */
  setText(text: string): void {
    this.#buffer.setRaw(this.#chips.relink(cleanInput(text).replace(/\n$/, "")));
    this.#completion.close();
  }

  /** Puts a text at the cursor, as if it had been typed. */
  insertText(text: string): void {
    this.#buffer.insert(text);
    this.#complete();
  }

  /** What can be completed has come or changed since the last key. */
  completeAgain(): void {
    if (this.#completion.isOpen) return;
    this.#completion.close();
    this.#complete();
  }

  /** Prompts of earlier runs, oldest first; those of this run stay newer. */
  addHistory(entries: readonly string[]): void {
    this.#history.addOlder(entries.map(cleanInput));
  }

  /** Ends what is under way for a list of files. */
  close(): void {
    this.#completion.close();
  }

  /**
   * The rows for a screen of `columns` cells; none is wider. The terminal's cursor belongs into the cell that is told:
   * what an input method composes is shown there.
   */
  rows(columns: number, maxTextRows = MAX_TEXT_ROWS): EditorRows {
    const width = Math.max(1, columns);
    const cells = this.#view.textColumns(width);
    if (cells !== this.#glyphs.columns) this.#glyphs = createGlyphs(this.#chips, cells);
    if (this.#search !== undefined) return this.#view.renderSearch(this.#search, this.#glyphs, width);
    return this.#view.render(this.#buffer, this.#completion, this.#glyphs, { columns: width, maxTextRows });
  }

  #paste(text: string, droppedChars: number): readonly EditorEvent[] {
    const { foldLimits = FOLD_LIMITS, isImage } = this.#options;
    this.#wasCancelled = false;
    if (this.#search !== undefined) this.#search.type(cleanInput(text).split("\n", 1)[0] ?? "");
    else this.#buffer.insertRaw(foldPaste(text, { chips: this.#chips, limits: foldLimits, isImage }));
    this.#complete();
    return droppedChars > 0 ? [{ type: "pasteCut", droppedChars }] : [];
  }

  #act(action: Exclude<EditorAction, EditAction>, again: boolean): readonly EditorEvent[] {
    switch (action) {
      case "submit":
        return this.#enter();
      case "complete":
        this.#tab();
        return [];
      case "interrupt":
        if (!this.#completion.isOpen) return [{ type: "interrupt" }];
        this.#completion.dismiss();
        return [];
      case "cancel":
        return this.#cancel(again);
      case "deleteOrLeave":
        if (this.#buffer.isEmpty) return [{ type: "leave", by: "ctrl+d" }];
        this.#buffer.erase("right");
        this.#complete();
        return [];
      case "up":
      case "down":
        this.#goRow(action);
        return [];
      case "search":
        this.#search = new PromptSearch(this.#history);
        this.#completion.close();
        return [];
      case "openEditor":
        return [{ type: "openEditor", text: this.text }];
      case "mode":
      case "fold":
      case "suspend":
      case "redraw":
        return [{ type: action }];
    }
  }

  #enter(): readonly EditorEvent[] {
    const accepted = this.#completion.accept();
    if (accepted !== undefined) {
      this.#buffer.replaceBefore(accepted.length, accepted.text);
      if (accepted.isComplete) return this.#submit();
      this.#complete();
      return [];
    }
    const { line, at } = this.#buffer.cursor;
    const isAtEnd = at === (this.#buffer.lines[line]?.text.length ?? 0);
    if (isAtEnd && this.#buffer.textBefore.endsWith("\\")) {
      this.#buffer.replaceBefore(1, "\n");
      this.#complete();
      return [];
    }
    return this.#submit();
  }

  #submit(): readonly EditorEvent[] {
    const raw = this.#buffer.text;
    const text = this.#chips.expand(raw);
    if (text.trim() === "") return [];
    const shown = this.#chips.shown(raw);
    const historyText = text.length > MAX_HISTORY_CHARS ? shown : text;
    const chips = this.#chips.list(raw);
    const pastes = chips.flatMap(({ chip, label }) => (chip.kind === "paste" ? [{ label, text: chip.text }] : []));
    const images = chips.flatMap(({ chip, label }) => (chip.kind === "image" ? [{ label, path: chip.path }] : []));
    this.#history.add(historyText);
    this.#completion.close();
    this.#buffer.reset();
    this.#chips.keepOnly(this.#buffer.heldTexts);
    return [{ type: "submit", text, shown, historyText, pastes, images }];
  }

  #cancel(again: boolean): readonly EditorEvent[] {
    this.#completion.close();
    const hadText = !this.#buffer.isEmpty;
    if (again && !hadText) return [{ type: "leave", by: "ctrl+c" }];
    this.#buffer.setRaw("");
    this.#history.leave();
    return [{ type: "cancel", hadText }];
  }

  #tab(): void {
    const accepted = this.#completion.accept();
    if (accepted !== undefined) {
      this.#buffer.replaceBefore(accepted.length, accepted.text);
      this.#complete();
      return;
    }
    const found = this.#buffer.chipAtCursor();
    const chip = found === undefined ? undefined : this.#chips.get(found.character)?.chip;
    if (found !== undefined && chip?.kind === "paste") this.#buffer.replaceChip(found.from, chip.text);
    else this.#completion.reopen(this.#trigger());
  }

  #goRow(way: "up" | "down"): void {
    if (this.#completion.isOpen) return this.#completion.select(way === "up" ? -1 : 1);
    // A list that opened for a prompt from the history would keep these keys to itself.
    this.#completion.close();
    if (this.#buffer.moveRow(way, this.#glyphs)) return;
    const text = way === "up" ? this.#history.older(this.#buffer.text) : this.#history.newer();
    if (text !== undefined) this.#buffer.setRaw(text);
  }

  /** True when the key was the search's; other keys take what was found, and then do what they do. */
  #handleSearch(search: PromptSearch, key: Key, action: EditorAction | undefined): boolean {
    if (action === undefined && key.text !== undefined) search.type(key.text);
    else if (action === undefined && key.ctrl && key.name === "s") search.next("newer");
    else if (action === "search" || action === "up") search.next("older");
    else if (action === "down") search.next("newer");
    else if (action === "eraseLeft") search.erase();
    else {
      this.#search = undefined;
      const isLeft = action === "interrupt" || action === "cancel" || keyIs(key, "g");
      if (!isLeft && search.match !== undefined) this.#buffer.setRaw(search.match.text);
      this.#wasCancelled = false;
      return isLeft || action === "submit" || action === "complete";
    }
    return true;
  }

  /** After a key that may have changed the text or moved the cursor. */
  #complete(): void {
    if (this.#search === undefined) this.#completion.update(this.#trigger());
  }

  #trigger(): CompletionTrigger | undefined {
    const { line, at } = this.#buffer.cursor;
    const before = this.#buffer.textBefore;
    // In the middle of a word nothing is completed: its rest would be left behind.
    const next = this.#buffer.lines[line]?.text.charAt(at) ?? "";
    return next === "" || /\s/.test(next) ? findTrigger(before, line === 0) : undefined;
  }
}

function isEdit(action: EditorAction): action is EditAction {
  return Object.hasOwn(EDITS, action);
}

function keyIs(key: Key, name: string): boolean {
  return key.ctrl && !key.alt && key.name === name;
}
