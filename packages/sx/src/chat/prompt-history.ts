import type { Io } from "@scorpiox/sxutil";
import type { KnownSecrets } from "../known-secrets.js";
import type { Editor } from "../ui/editor/editor.js";

/** Earlier prompts on disk. Trouble with them is told once and stops nothing. */
export class PromptHistory {
  readonly #io: Io;
  readonly #secrets: KnownSecrets;
  readonly #warn: (line: string) => void;
  #hasWarned = false;
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

  add(text: string): void {
    this.#writing = this.#writing.then(() =>
      this.#try(async () => {
        const { appendHistory, historyPath } = await import("../ui/editor/history-file.js");
        const path = historyPath(this.#io.env, this.#io.home);
        await appendHistory(path, text, { secrets: this.#secrets, atMs: Date.now() });
      }),
    );
  }

  /** Settles when everything added is written. */
  settle(): Promise<void> {
    return this.#writing;
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
