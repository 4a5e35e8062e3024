/** One thing that was looked at. */
export interface Finding {
  /** What it is about, in one or two words. */
  readonly area: string;
  /** `skipped`: it could not be looked at, or there is nothing to look at; nothing is wrong. */
  readonly level: "ok" | "warning" | "error" | "skipped";
  /** One line. Not yet safe for a terminal: it may quote names of files. */
  readonly text: string;
  /** What to do, when there is something to do. */
  readonly advice?: string;
}
