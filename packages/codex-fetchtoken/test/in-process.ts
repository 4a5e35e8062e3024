import { PassThrough } from "node:stream";
import type { Io } from "@scorpiox/sxutil";
import { main } from "../src/main.js";
import type { SampleHome } from "./sample-home.js";

type Terminal = PassThrough & { isTTY?: boolean; columns?: number };

/** The command in this process, with streams that can be terminals. */
export class InProcess {
  readonly stdin: Terminal = new PassThrough();
  readonly stdout: Terminal = new PassThrough();
  readonly stderr: Terminal = new PassThrough();
  readonly abort = new AbortController();
  readonly #text = { out: "", err: "" };
  readonly #watchers = new Set<() => void>();

  constructor(
    private readonly sample: SampleHome,
    private readonly options: { readonly terminal?: boolean; readonly env?: Readonly<Record<string, string>> } = {},
  ) {
    for (const [name, stream] of [
      ["out", this.stdout],
      ["err", this.stderr],
    ] as const) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#text[name] += text;
        for (const watcher of this.#watchers) watcher();
      });
    }
    if (options.terminal !== true) return;
    this.stdin.isTTY = true;
    this.stderr.isTTY = true;
    this.stderr.columns = 120;
  }

  async run(argv: readonly string[]): Promise<number> {
    const { stdin, stdout, stderr, sample } = this;
    const { home } = sample;
    const env = { ...sample.env, ...this.options.env };
    const io: Io = { stdin, stdout, stderr, home, cwd: home, env, signal: this.abort.signal };
    return await main(argv, io);
  }

  get out(): string {
    return this.#text.out;
  }

  get err(): string {
    return this.#text.err;
  }

  /** The first match on stderr, as soon as there is one. */
  async seen(pattern: RegExp): Promise<RegExpExecArray> {
    return await new Promise((resolve) => {
      const look = (): void => {
        const found = pattern.exec(this.err);
        if (found === null) return;
        this.#watchers.delete(look);
        resolve(found);
      };
      this.#watchers.add(look);
      look();
    });
  }
}
