/** Which thinking led to which call of this simulator's answers: the service wants it back while a call is open. */
export class ThinkingMemory {
  readonly #signatures = new Map<string, string>();

  remember(toolUseId: string, signature: string): void {
    this.#signatures.set(toolUseId, signature);
  }

  /** The signature that came before the call; `undefined` where the answer had no thinking, or is not from here. */
  before(toolUseId: string): string | undefined {
    return this.#signatures.get(toolUseId);
  }
}
