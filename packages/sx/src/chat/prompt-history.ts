import type { Io } from "@scorpiox/sxutil";
import type { KnownSecrets } from "../known-secrets.js";
import type { Editor } from "../ui/editor/editor.js";

const WRITE_AFTER_MS = 300;

/** Earlier prompts on disk. Trouble with them is told once and stops nothing. */
export class PromptHistory {
  readonly #io: Io;
  readonly #secrets: KnownSecrets;
  readonly #warn: (line: string) => void;
  #hasWarned = false;
  #waiting: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(io: Io, secrets: KnownSecrets, warn: (line: string) => void) {
    this.#io = io;
    this.#secrets = secrets;
    this.#warn = warn;
  }

  /** Never rejects. */
  async load(editor: Editor): Promise<void> {
    await this.#try(async () => {
      const { historyPath, readHistory } = await import("../ui/editor/history-file.js");
      editor.addHistory(await readHistory(historyPath(this.#io.env, this.#io.home)));
    });
  }

  /** Keeps a prompt, a moment later: taking the file's lock starts a process, and the request should be out by then. */
  add(text: string): void {
    this.#waiting.push(text);
    this.#timer ??= setTimeout(() => this.#write(), WRITE_AFTER_MS);
  }

  /** Settles when everything added is written. */
  settle(): Promise<void> {
    this.#write();
    return this.#writing;
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const text of this.#waiting.splice(0)) {
      this.#writing = this.#writing.then(() => this.#try(() => this.#append(text)));
    }
  }

  async #append(text: string): Promise<void> {
    const { appendHistory, historyPath } = await import("../ui/editor/history-file.js");
    const path = historyPath(this.#io.env, this.#io.home);
    await appendHistory(path, text, { secrets: this.#secrets, atMs: Date.now() });
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#hasWarned) this.#warn(error instanceof Error ? error.message : String(error));
      this.#hasWarned = true;
    }
  }
}
