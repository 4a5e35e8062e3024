import type { ToolLoopEvent, UserBlock } from "@scorpiox/sxnet";
import { type Io, oneLine } from "@scorpiox/sxutil";
import type { TurnEnd } from "./agent.js";
import type { AnswerOutput } from "./answer-output.js";
import type { OutputFormat, SxOptions } from "./args.js";
import { KnownSecrets } from "./known-secrets.js";
import type { OpenedAgent } from "./open-agent.js";
import { StreamJsonWriter } from "./stream-json.js";
import { TextOutput } from "./text-output.js";

/** `json` and `stream-json`; the first keeps only the last line. */
export class JsonAnswer implements AnswerOutput {
  readonly #out: TextOutput;
  readonly #io: Io;
  readonly #options: SxOptions;
  readonly #writer: StreamJsonWriter;
  readonly #streams: boolean;
  #secrets = new KnownSecrets();
  #batch = "";

  constructor(format: OutputFormat, options: SxOptions, io: Io, sessionId: string) {
    this.#out = new TextOutput(io.stdout);
    this.#io = io;
    this.#options = options;
    this.#streams = format === "stream-json";
    this.#writer = new StreamJsonWriter(sessionId, {
      includeDeltas: options["include-deltas"] === true,
      now: Date.now,
      secrets: () => this.#secrets,
      write: (line) => {
        this.#batch = this.#streams ? this.#batch + line : line;
      },
    });
  }

  begin(opened: OpenedAgent, content: readonly UserBlock[]): void {
    this.#secrets = opened.secrets;
    this.#writer.init(opened.header);
    this.#writer.user(content);
    for (const warning of opened.warnings) this.warn("configuration", warning);
    this.#flush();
  }

  warn(code: string, message: string): void {
    this.#writer.error("warning", code, message);
    if (!this.#options.quiet && !this.#streams)
      this.#io.stderr.write(`sx: ${oneLine(this.#secrets.redact(message))}\n`);
  }

  show(events: readonly ToolLoopEvent[]): void {
    for (const event of events) this.#writer.event(event);
    this.#flush();
  }

  settle(signal: AbortSignal): Promise<void> {
    return this.#out.settle(signal);
  }

  end(end: TurnEnd): void {
    if (end.failure !== undefined) this.#writer.error("error", end.failure.code, end.failure.message);
    this.#writer.result(end);
    this.#out.write(this.#batch);
    this.#batch = "";
  }

  #flush(): void {
    if (!this.#streams || this.#batch === "") return;
    this.#out.write(this.#batch);
    this.#batch = "";
  }
}
