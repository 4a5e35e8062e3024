import { createMarkdownStream, type MarkdownStream } from "../markdown/markdown-stream.js";
import type { Paper, Part } from "./part.js";
import type { SafeStream, SafeText } from "./safe-text.js";

/** Text of the model, or of the program, as markdown: rows are finished as they freeze, only the rest is live. */
export class AnswerPart implements Part {
  readonly kind = "answer";
  readonly #safe: SafeStream;
  /** Kept as pieces until somebody looks: many come between two frames. */
  #pieces: string[] = [];
  #hasEnded = false;
  #isDone = false;
  #stream: MarkdownStream | undefined;
  #columns = 0;

  constructor(safe: SafeText) {
    this.#safe = safe.stream();
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  push(piece: string): void {
    this.#pieces.push(piece);
  }

  end(): void {
    this.#hasEnded = true;
  }

  take(paper: Paper): readonly string[] {
    return this.#upToDate(paper).takeFinished();
  }

  live(paper: Paper): readonly string[] {
    return this.#upToDate(paper).live();
  }

  #upToDate({ columns, theme }: Paper): MarkdownStream {
    if (this.#stream === undefined) this.#stream = createMarkdownStream({ columns, theme });
    else if (columns !== this.#columns) this.#stream.resize(columns);
    this.#columns = columns;
    if (this.#pieces.length > 0) {
      const text = this.#safe.push(this.#pieces.join(""));
      this.#pieces = [];
      if (text !== "") this.#stream.push(text);
    }
    if (this.#hasEnded && !this.#isDone) {
      const rest = this.#safe.flush();
      if (rest !== "") this.#stream.push(rest);
      this.#stream.end();
      this.#isDone = true;
    }
    return this.#stream;
  }
}
