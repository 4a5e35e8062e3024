import type { UserBlock } from "@scorpiox/sxnet";

/** A message that was sent while a turn ran. */
export interface QueuedMessage {
  /** As it was typed, to be edited again. */
  readonly text: string;
  /** For the screen. */
  readonly shown: string;
  /** `steer`: at the model's next step, or as the next prompt when there is none. `later`: after the turn. */
  readonly when: "steer" | "later";
  /** What is sent: files and images are read meanwhile. Rejects when one of them cannot be. */
  readonly content: Promise<readonly UserBlock[]>;
}

/** One whose content is there. */
export interface ReadyMessage extends QueuedMessage {
  readonly ready: readonly UserBlock[];
}

interface Held extends QueuedMessage {
  ready: readonly UserBlock[] | undefined;
}

/** What a person said while the model was at work, in order. */
export class MessageQueue {
  readonly #onChange: () => void;
  #messages: Held[] = [];

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get length(): number {
    return this.#messages.length;
  }

  get shown(): readonly string[] {
    return this.#messages.map(({ shown, when }) => (when === "later" ? `~ ${shown}` : shown));
  }

  add(message: QueuedMessage): void {
    const held: Held = { ...message, ready: undefined };
    message.content.then(
      (content) => (held.ready = content),
      // Whoever takes it finds the same error; a steer that cannot be sent waits for the end of the turn.
      () => undefined,
    );
    this.#messages.push(held);
    this.#onChange();
  }

  /** What the model is told at its next step: everything up to the first message that waits, or is not read yet. */
  takeSteering(): readonly ReadyMessage[] {
    const end = this.#messages.findIndex(({ when, ready }) => when === "later" || ready === undefined);
    const taken = this.#messages.splice(0, end === -1 ? this.#messages.length : end);
    if (taken.length > 0) this.#onChange();
    return taken.flatMap((message) => (message.ready === undefined ? [] : [{ ...message, ready: message.ready }]));
  }

  /** The next prompt. */
  takeFirst(): QueuedMessage | undefined {
    const first = this.#messages.shift();
    if (first !== undefined) this.#onChange();
    return first;
  }

  /** The last message, to be written anew. */
  takeLast(): QueuedMessage | undefined {
    const last = this.#messages.pop();
    if (last !== undefined) this.#onChange();
    return last;
  }

  /** @returns how many there were */
  clear(): number {
    const count = this.#messages.length;
    this.#messages = [];
    if (count > 0) this.#onChange();
    return count;
  }
}
