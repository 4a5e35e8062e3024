import { CLEAR_SCREEN } from "./escape-codes.js";
import { FrameClock } from "./frame-clock.js";
import { type CursorCell, LiveRegion, type Size } from "./live-region.js";
import type { Terminal } from "./terminal.js";

/** What is drawn: asked for once a frame. */
export interface View {
  /** Rows that are finished since the last call; they go into the terminal's history and are not asked for again. */
  takeFinished(size: Size): readonly string[];
  /** What may still change, and the cursor in it. */
  live(size: Size): { readonly rows: readonly string[]; readonly cursor?: CursorCell | undefined };
}

/** Draws a view on a terminal: at most one write a frame, nothing while nothing changes or the terminal is behind. */
export class Screen {
  readonly #terminal: Terminal;
  readonly #view: View;
  readonly #region: LiveRegion;
  readonly #clock: FrameClock;
  #isLent = false;

  constructor(terminal: Terminal, view: View, nowMs: () => number) {
    this.#terminal = terminal;
    this.#view = view;
    this.#region = new LiveRegion(terminal.size);
    this.#clock = new FrameClock({ paint: () => this.#paint(), nowMs });
  }

  /** Something has changed that may wait for the next frame. */
  changed(): void {
    this.#clock.request();
  }

  /** Something has changed that a person waits for, for example a key's echo. */
  paintNow(): void {
    this.#clock.now();
  }

  resized(size: Size): void {
    this.#region.resize(size);
    this.#clock.request();
  }

  /** Takes the region away while somebody else has the terminal, and draws it again afterwards. */
  async lend<Value>(work: () => Promise<Value>): Promise<Value> {
    this.#clock.now();
    this.#clock.stop();
    this.#terminal.write(this.#region.erase());
    this.#isLent = true;
    try {
      return await this.#terminal.lend(work);
    } finally {
      this.#isLent = false;
      this.#clock.now();
    }
  }

  /** Ctrl+L: whatever somebody else wrote on the screen goes; the scrollback stays. */
  redraw(): void {
    if (this.#isLent) return;
    this.#terminal.write(this.#region.erase() + CLEAR_SCREEN);
    this.#clock.now();
  }

  /** Ctrl+Z. */
  async suspend(): Promise<void> {
    await this.lend(() => this.#terminal.stopped());
  }

  /** The last paint: what is finished stays, the region goes. The cursor stands on an empty row. */
  end(): void {
    this.#clock.now();
    this.#clock.stop();
    this.#terminal.write(this.#region.erase());
  }

  #paint(): void {
    if (this.#isLent) return;
    if (this.#terminal.isFull) {
      this.#terminal.whenDrained(() => this.changed());
      return;
    }
    const { size } = this.#terminal;
    const finished = this.#view.takeFinished(size);
    const { rows, cursor } = this.#view.live(size);
    this.#terminal.write(this.#region.draw({ finished, live: rows, cursor }));
  }
}
