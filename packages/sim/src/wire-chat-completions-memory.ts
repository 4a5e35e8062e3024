/** Calls that answers of this simulator made after reasoning: some services want that back while a call is open. */
export class ReasoningMemory {
  readonly #calls = new Set<string>();

  remember(callId: string): void {
    this.#calls.add(callId);
  }

  knows(callId: string): boolean {
    return this.#calls.has(callId);
  }
}
