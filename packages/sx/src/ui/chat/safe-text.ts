import type { KnownSecrets, SecretStream } from "../../known-secrets.js";
import { TerminalText, cleanText } from "../terminal-text.js";

/** A tab ends at no column of its own here: rows begin at different places. */
const TAB = "    ";

/**
 * Foreign text as it may be shown: without secrets, and without anything that steers a terminal. Secrets are looked for
 * on both sides of the cleaning: what splits one must not help it through.
 */
export class SafeText {
  readonly #secrets: KnownSecrets;

  constructor(secrets: KnownSecrets) {
    this.#secrets = secrets;
  }

  /** A whole text; its line ends are LF, it has no tabs. */
  block(text: string): string {
    return this.#secrets.redact(cleanText(this.#secrets.redact(text))).replaceAll("\t", TAB);
  }

  /** A text as one line. */
  line(text: string): string {
    return this.block(text.trim()).replaceAll(/\n+/g, " ⏎ ");
  }

  /** Only without secrets: for what is made visible otherwise. */
  redact(text: string): string {
    return this.#secrets.redact(text);
  }

  stream(): SafeStream {
    return new SafeStream(this.#secrets);
  }
}

/** A foreign text that comes in pieces, which may be cut anywhere: within a secret, an escape sequence, a character. */
export class SafeStream {
  readonly #before: SecretStream;
  readonly #text = new TerminalText();
  readonly #after: SecretStream;

  constructor(secrets: KnownSecrets) {
    this.#before = secrets.stream();
    this.#after = secrets.stream();
  }

  /** What may be shown by now. Tabs are kept. */
  push(piece: string): string {
    return this.#after.push(this.#text.clean(this.#before.push(piece)));
  }

  /** The rest, at the end of the text. */
  flush(): string {
    return this.#after.push(this.#text.clean(this.#before.flush())) + this.#after.flush();
  }
}
