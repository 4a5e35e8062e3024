/** A path that a tool may use. */
export interface FileTarget {
  /** Absolute, every link followed; the file itself may not exist. */
  readonly real: string;
  /** For messages: relative to the workspace where it is inside. */
  readonly shown: string;
}
