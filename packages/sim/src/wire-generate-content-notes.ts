/** How the client wants the answer: events, the same as one JSON list, or one object after the end. */
export type AnswerForm = "events" | "list" | "whole";

/** What the answer to a request depends on beyond the neutral words. */
export interface Notes {
  readonly form: AnswerForm;
  /** The service shows its reasoning only to requests that ask for it. */
  readonly includeThoughts: boolean;
  /** Estimated tokens of the prompt, a stored prefix included. */
  readonly promptTokens: number;
  /** Those of the stored prefix. */
  readonly cachedTokens: number;
}
