import { Editor, type EditorEvent, type EditorOptions } from "../../../src/ui/editor/editor.js";
import type { EditorTheme } from "../../../src/ui/editor/editor-view.js";
import { KeyParser } from "../../../src/ui/keys/key-parser.js";

const plainTheme: EditorTheme = {
  prompt: (text) => text,
  placeholder: (text) => text,
  chip: (text) => text,
  selected: (text) => text,
  detail: (text) => text,
  match: (text) => text,
};

/** An editor that is fed with bytes, as a terminal sends them. */
export class TypedEditor {
  readonly editor: Editor;
  readonly #parser = new KeyParser();

  constructor(options: Partial<EditorOptions> = {}) {
    this.editor = new Editor({
      theme: plainTheme,
      completion: { commands: () => [], defer: setImmediate, onChange: () => undefined, nowMs: () => 0 },
      isImage: () => false,
      ...options,
    });
  }

  type(text: string): readonly EditorEvent[] {
    const events = [...this.#parser.push(Buffer.from(text)), ...this.#parser.flush()];
    return events.flatMap((event) => this.editor.handle(event));
  }

  paste(text: string): readonly EditorEvent[] {
    return this.type(`\u001b[200~${text}\u001b[201~`);
  }

  /** The rows, with `|` where the cursor is. Wide characters take one place each here. */
  screen(columns = 20, maxTextRows?: number): readonly string[] {
    const { rows, cursorRow, cursorColumn } = this.editor.rows(columns, maxTextRows);
    return rows.map((row, index) =>
      index === cursorRow ? `${row.slice(0, cursorColumn).padEnd(cursorColumn)}|${row.slice(cursorColumn)}` : row,
    );
  }
}
