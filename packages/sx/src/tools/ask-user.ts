/** One thing that the model wants to know. */
export interface UserQuestion {
  readonly question: string;
  /** What may be chosen; empty: a text. A person may always answer with words of their own. */
  readonly options: readonly string[];
}

/**
 * Puts questions to the person, one after the other. @returns an answer for each, `undefined` for one that was not
 * answered. Rejects with the signal's reason.
 */
export type AskUser = (
  questions: readonly UserQuestion[],
  signal: AbortSignal,
) => Promise<readonly (string | undefined)[]>;
