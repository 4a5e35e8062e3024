/** What the answer to a request depends on beyond the neutral words. */
export interface Notes {
  /** Events, or one object after the end. */
  readonly stream: boolean;
  /** Thinking comes with its text; otherwise its signature comes alone. */
  readonly showThinking: boolean;
  /** How long the marked prefix is kept: which counter a cache write is told in. */
  readonly cacheTtl: "5m" | "1h";
  readonly stopSequence: string | null;
  /** It came with the login of a plan, not with a key. */
  readonly login: boolean;
}
