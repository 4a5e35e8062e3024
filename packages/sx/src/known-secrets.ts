import { createRedactor, type Redactor } from "@scorpiox/sxutil";

/** The secrets of one run: hidden in whole texts, and in texts that come in pieces. */
export class KnownSecrets {
  readonly #values = new Set<string>();
  readonly #redactor: Redactor;

  constructor(values: Iterable<string> = []) {
    this.#redactor = createRedactor();
    for (const value of values) this.add(value);
  }

  add(value: string): void {
    this.#values.add(value);
    this.#redactor.add(value);
  }

  /** The text with every known secret replaced. A secret that is cut at the text's end is not found. */
  redact(text: string): string {
    return this.#redactor.redact(text);
  }

  /** Hides secrets in a text that comes in pieces, also those that are cut between two. */
  stream(): SecretStream {
    return new SecretStream(this);
  }

  /** How many characters at the end of `text` may be the start of a secret. */
  openTail(text: string): number {
    let longest = 0;
    for (const value of this.#values) {
      const first = value[0];
      for (let at = Math.max(0, text.length - value.length + 1); at < text.length - longest; at += 1) {
        if (text[at] === first && value.startsWith(text.slice(at))) longest = text.length - at;
      }
    }
    return longest;
  }
}

/** Holds back what may be the start of a secret until the rest has come. */
export class SecretStream {
  readonly #secrets: KnownSecrets;
  #held = "";

  constructor(secrets: KnownSecrets) {
    this.#secrets = secrets;
  }

  /** What may be shown by now. */
  push(piece: string): string {
    const text = this.#secrets.redact(this.#held + piece);
    const open = this.#secrets.openTail(text);
    this.#held = text.slice(text.length - open);
    return text.slice(0, text.length - open);
  }

  /** The rest, at the end of the text. */
  flush(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }
}
