import { type ChildProcess, execFile } from "node:child_process";
import { close, constants, open } from "node:fs";
import { unlink } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { findProgram } from "./program-path.js";

/** One pipe, open at both ends. Whoever takes it closes both. */
export interface OutputPipe {
  readonly readFd: number;
  readonly writeFd: number;
  /** Where the pipe was in the file system; removed already, but still its name in /proc. */
  readonly path: string;
}

/** Pipes that one `mkfifo` makes: its cost is shared by as many commands. */
const BATCH = 16;

/**
 * Real pipes for the output of commands. What `spawn` calls a pipe is a socket, and opening `/dev/stdout` or
 * `/dev/stderr` fails on a socket, which breaks `echo >/dev/stderr` and `tee /dev/stderr`. A named pipe that is
 * unlinked once both ends are open has no such fault, and one for both streams keeps their order.
 */
export class PipeSupply {
  #ready: string[] = [];
  #made = 0;
  #unusable = false;
  #making: Promise<void> | undefined;

  /** `folder` must be private to this user. */
  constructor(
    private readonly folder: () => Promise<string>,
    private readonly path: string,
    private readonly workspace: string,
  ) {}

  /** Undefined where named pipes cannot be had; sockets serve then. Never rejects. */
  async take(): Promise<OutputPipe | undefined> {
    let readFd: number | undefined;
    try {
      const path = await this.#next();
      if (path === undefined) return undefined;
      readFd = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK);
      // Blocking on purpose: children share this description, and a program may not expect EAGAIN.
      const writeFd = await promisify(open)(path, constants.O_WRONLY);
      // Not waited for: the name is ours alone, and one that stays goes with the folder.
      void unlink(path).catch(() => {});
      return { readFd, writeFd, path };
    } catch {
      // Too many open files, or a folder that was swept: this command does with sockets.
      if (readFd !== undefined) closeQuietly(readFd);
      return undefined;
    }
  }

  async #next(): Promise<string | undefined> {
    while (!this.#unusable) {
      const path = this.#ready.pop();
      if (path !== undefined) return path;
      // Calls may run side by side: all of them wait for one batch.
      this.#making ??= this.#make();
      await this.#making;
    }
    return undefined;
  }

  async #make(): Promise<void> {
    try {
      const folder = await this.folder();
      const program = await findProgram("mkfifo", this.path, this.workspace);
      if (program === undefined) throw new Error("no mkfifo");
      const paths = Array.from({ length: BATCH }, (_, index) => join(folder, `pipe-${this.#made + index}`));
      this.#made += BATCH;
      await promisify(execFile)(program, ["-m", "600", ...paths], { timeout: 5_000, env: {} });
      this.#ready.push(...paths);
    } catch {
      // No scratch folder, no mkfifo, a file system without pipes: the same next time, so it is not tried again.
      this.#unusable = true;
    } finally {
      this.#making = undefined;
    }
  }
}

/** Closes a descriptor that nobody waits for. */
export function closeQuietly(fd: number): void {
  // An error would mean that it is closed already.
  close(fd, () => {});
}

/** Reads everything that a child writes, from its pipe or from its two sockets. */
export class OutputReader {
  /** Settles when every writer has closed its end, or after `destroy`. */
  readonly closed: Promise<void>;
  isClosed = false;
  /** Milliseconds of `performance.now()` when the last byte came. */
  lastByteAtMs = performance.now();
  readonly #sockets: readonly Socket[];

  /** `sink` gets owned chunks; when it answers false, reading stops until `resume`. */
  constructor(pipe: OutputPipe | undefined, child: ChildProcess, sink: (chunk: Uint8Array) => boolean) {
    this.#sockets =
      pipe === undefined
        ? [child.stdout, child.stderr].filter((stream) => stream instanceof Socket)
        : [new Socket({ fd: pipe.readFd, readable: true, writable: false })];
    const ends = this.#sockets.map((socket) => {
      socket.on("data", (chunk: Buffer) => {
        this.lastByteAtMs = performance.now();
        if (!sink(chunk)) for (const each of this.#sockets) each.pause();
      });
      // A read error ends the output like its end does; `close` follows.
      socket.on("error", () => {});
      return new Promise<void>((resolve) => socket.once("close", () => resolve()));
    });
    this.closed = Promise.all(ends).then(() => {
      this.isClosed = true;
    });
  }

  resume(): void {
    for (const socket of this.#sockets) socket.resume();
  }

  /** Goes on reading without keeping the process alive. */
  unref(): void {
    for (const socket of this.#sockets) socket.unref();
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
