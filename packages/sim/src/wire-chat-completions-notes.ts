/** What the answer to a request depends on beyond the neutral words. */
export interface Notes {
  /** Chunks, or one object after the end. */
  readonly stream: boolean;
  /** `stream_options.include_usage`: the counts come in a chunk of their own. */
  readonly includeUsage: boolean;
  /** Chunks are padded with random letters, unless the request says otherwise. */
  readonly obfuscate: boolean;
}
