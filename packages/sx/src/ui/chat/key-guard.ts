/** Between the keys of somebody who types on there is less. */
const QUIET_MS = 300;

/**
 * Swallows what was typed for something else: keys before a question is on the screen, within 300 ms afterwards, and
 * the rest of the same burst, however long it is: who types on has not read the question.
 */
export class KeyGuard {
  readonly #nowMs: () => number;
  #shownAtMs: number | undefined;
  #lastKeyMs = Number.NEGATIVE_INFINITY;
  #isOpen = false;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The question has been drawn. */
  shown(): void {
    this.#shownAtMs ??= this.#nowMs();
  }

  /** Whether a key that comes now is meant for the question. */
  accepts(): boolean {
    if (this.#isOpen) return true;
    const nowMs = this.#nowMs();
    const shownMs = this.#shownAtMs === undefined ? 0 : nowMs - this.#shownAtMs;
    const isQuiet = nowMs - this.#lastKeyMs >= QUIET_MS;
    this.#lastKeyMs = nowMs;
    this.#isOpen = this.#shownAtMs !== undefined && shownMs >= QUIET_MS && isQuiet;
    return this.#isOpen;
  }
}
