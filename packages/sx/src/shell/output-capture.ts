import type { ChildProcess } from "node:child_process";
import { type OutputPipe, OutputReader } from "./output-pipe.js";
import { OutputSpill } from "./output-spill.js";
import { type OutputView, OutputWindow } from "./output-window.js";
import { SNIFF_BYTES } from "../files/text-file.js";
import type { ToolLimits } from "../tools/tool-context.js";

/** The output of a command as it stands. */
export interface CapturedOutput extends OutputView {
  /** The first bytes, at most `SNIFF_BYTES`. */
  readonly start: Uint8Array;
  /** The file with all output, or with its first `storedBytes`; undefined when memory holds everything. */
  readonly path: string | undefined;
  readonly storedBytes: number;
  /** Why the file is not whole: the system's word. */
  readonly spillFailure: string | undefined;
}

/** Everything that one command prints, from its pipe to the ends in memory and the file in the scratch folder. */
export class OutputCapture {
  readonly #spill: OutputSpill;
  readonly #window: OutputWindow;
  readonly #reader: OutputReader;

  /** Takes over the reading end of `pipe`; without one, the streams of `child`. */
  constructor(
    pipe: OutputPipe | undefined,
    child: ChildProcess,
    limits: ToolLimits,
    scratch: () => Promise<string>,
    fileName: string,
    onChunk?: (chunk: Uint8Array) => void,
  ) {
    this.#spill = new OutputSpill(scratch, fileName, limits.spillBytes, () => this.#reader.resume());
    this.#window = new OutputWindow(limits.headBytes, limits.tailBytes, this.#spill);
    this.#reader = new OutputReader(pipe, child, (chunk) => {
      onChunk?.(chunk);
      return this.#window.push(chunk);
    });
  }

  /** Settles when every writer has closed its end, or after `destroy`. Never rejects. */
  get closed(): Promise<void> {
    return this.#reader.closed;
  }

  get isClosed(): boolean {
    return this.#reader.isClosed;
  }

  /** On the scale of `performance.now()`. */
  get lastByteAtMs(): number {
    return this.#reader.lastByteAtMs;
  }

  /** All output so far and to come goes to the file as well, and reading on no longer keeps the process alive. */
  async moveToFile(): Promise<void> {
    this.#window.spillAll();
    await this.#spill.flush();
    this.#reader.unref();
  }

  snapshot(): CapturedOutput {
    return {
      ...this.#window.view(),
      start: this.#window.start(SNIFF_BYTES),
      path: this.#spill.path,
      storedBytes: this.#spill.storedBytes,
      spillFailure: this.#spill.failure,
    };
  }

  /** Stops reading and completes the file. Never rejects. */
  async close(): Promise<void> {
    this.#reader.destroy();
    await this.#spill.close();
  }
}
