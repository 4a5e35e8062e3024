import { Writable } from "node:stream";
import type { OutputStream } from "@scorpiox/sxutil";

/**
 * The line editor's way to the screen. While the gate is closed the editor goes on editing, but nothing of it is drawn,
 * so that keys typed during an answer do not land in its text.
 */
export class GatedOutput extends Writable {
  readonly isTTY = true;
  isOpen = false;
  readonly #screen: OutputStream;
  readonly #resized = (): void => void this.emit("resize");

  constructor(screen: OutputStream) {
    super({ decodeStrings: false });
    this.#screen = screen;
    screen.on("resize", this.#resized);
  }

  get columns(): number {
    return this.#screen.columns ?? 80;
  }

  override _write(chunk: Buffer | string, _encoding: string, done: () => void): void {
    if (this.isOpen) this.#screen.write(chunk);
    done();
  }

  /** Lets go of the screen. */
  dispose(): void {
    this.isOpen = false;
    this.#screen.off("resize", this.#resized);
  }
}
