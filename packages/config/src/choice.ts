/** One of several answers to a question. */
export interface Choice {
  readonly value: string;
  readonly label?: string;
  readonly hint?: string;
}
