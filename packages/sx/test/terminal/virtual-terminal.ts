import xterm from "@xterm/headless";

/** What a person would see: bytes in, screen out. */
export interface VirtualTerminal {
  write(bytes: string): Promise<void>;
  /** The visible rows, without trailing blanks. */
  screen(): readonly string[];
  /** Everything above the visible rows, oldest first. */
  scrollback(): readonly string[];
  /** Scrollback and screen, without the empty rows at the end. */
  all(): readonly string[];
  /** The visible rows cell by cell: each character with its colour and its attributes, as far as it is not blank. */
  styles(): readonly string[];
  /** From 0, on the screen. */
  cursor(): { readonly row: number; readonly column: number };
  resize(columns: number, rows: number): void;
  dispose(): void;
}

export function openVirtualTerminal(columns: number, rows: number): VirtualTerminal {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 100_000 });
  const line = (index: number): string =>
    terminal.buffer.active.getLine(index)?.translateToString(true).trimEnd() ?? "";
  const range = (from: number, to: number): readonly string[] =>
    Array.from({ length: Math.max(0, to - from) }, (_, offset) => line(from + offset));
  return {
    write: (bytes) => new Promise((resolve) => terminal.write(bytes, resolve)),
    screen: () => range(terminal.buffer.active.baseY, terminal.buffer.active.baseY + terminal.rows),
    scrollback: () => range(0, terminal.buffer.active.baseY),
    all() {
      const lines = range(0, terminal.buffer.active.length);
      const last = lines.findLastIndex((text) => text !== "");
      return lines.slice(0, last + 1);
    },
    styles: () =>
      Array.from({ length: terminal.rows }, (_, row) => {
        const cells = terminal.buffer.active.getLine(terminal.buffer.active.baseY + row);
        return Array.from({ length: terminal.cols }, (_cell, column) => {
          const cell = cells?.getCell(column);
          if (cell === undefined || cell.getChars().trim() === "") return " ";
          const marks = [cell.isBold() && "b", cell.isDim() && "d", cell.isItalic() && "i", cell.isUnderline() && "u"];
          return `${cell.getChars()}${cell.isFgPalette() ? cell.getFgColor() : ""}${marks.filter(Boolean).join("")}`;
        })
          .join("|")
          .trimEnd();
      }),
    cursor: () => ({ row: terminal.buffer.active.cursorY, column: terminal.buffer.active.cursorX }),
    resize: (toColumns, toRows) => terminal.resize(toColumns, toRows),
    dispose: () => terminal.dispose(),
  };
}
