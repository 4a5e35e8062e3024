import type { ToolLoopEvent } from "@scorpiox/sxnet";
import { colorDecision, type Io, oneLine } from "@scorpiox/sxutil";
import type { TurnEnd } from "./agent.js";
import type { AnswerOutput } from "./answer-output.js";
import type { SxOptions } from "./args.js";
import { KnownSecrets } from "./known-secrets.js";
import type { OpenedAgent } from "./open-agent.js";
import { TextOutput } from "./text-output.js";
import type { LineDisplay } from "./ui/line-display.js";
import { cleanText } from "./ui/terminal-text.js";
import { usageLine } from "./usage-line.js";

/**
 * `text`: the last message on stdout; on a terminal it appears as it is written. Everything else goes to stderr. Nothing
 * here can steer a terminal, not even the one behind a pipe.
 */
export class TextAnswer implements AnswerOutput {
  readonly #io: Io;
  readonly #options: SxOptions;
  readonly #out: TextOutput;
  #display: LineDisplay | undefined;
  #secrets = new KnownSecrets();
  #ready: Promise<void> | undefined;
  #waiting: ToolLoopEvent[] = [];

  constructor(options: SxOptions, io: Io) {
    this.#options = options;
    this.#io = io;
    this.#out = new TextOutput(io.stdout);
  }

  begin(opened: OpenedAgent): void {
    this.#secrets = opened.secrets;
    for (const warning of opened.warnings) this.warn("configuration", warning);
    if (this.#options.verbose) {
      const { provider, model, approvalMode, cwd } = opened.header;
      this.#say(`${provider}, ${model}, approval mode ${approvalMode}, in ${cwd}`);
    }
    if (this.#shows) this.#ready = this.#loadDisplay(opened);
  }

  warn(_code: string, message: string): void {
    if (!this.#options.quiet) this.#say(message);
  }

  show(events: readonly ToolLoopEvent[]): void {
    if (!this.#shows) return;
    if (this.#display === undefined) this.#waiting.push(...events);
    else this.#display.show(events);
  }

  async settle(signal: AbortSignal): Promise<void> {
    await this.#ready;
    if (this.#waiting.length > 0) this.#display?.show(this.#waiting.splice(0));
    await this.#out.settle(signal);
  }

  end(end: TurnEnd): void {
    this.#display?.finish();
    // Whoever reads an answer bound to a schema gets one that fits, or nothing.
    const isWanted = end.status === "success" || this.#options["output-schema"] === undefined;
    if (!this.#live && isWanted && end.text !== "") {
      const text = cleanText(this.#secrets.redact(end.text));
      this.#out.write(text.endsWith("\n") ? text : `${text}\n`);
    }
    if (end.failure !== undefined) this.#say(end.failure.message);
    if (this.#options.quiet) return;
    if (end.status === "success" && end.text.trim() === "") this.#say("the model ended without a word");
    if (end.denials.length > 0) {
      const names = [...new Set(end.denials.map(({ toolName }) => toolName))].join(", ");
      const calls = end.denials.length === 1 ? "1 call was denied" : `${end.denials.length} calls were denied`;
      this.#say(`${calls} (${names}); --approval-mode edits or all allows more`);
    }
    if (this.#options.verbose && end.turns > 0) this.#say(usageLine(end));
  }

  /** The answer is for a person's eyes and is shown while it comes. */
  get #live(): boolean {
    return this.#io.stdout.isTTY === true && !this.#options.quiet;
  }

  get #shows(): boolean {
    if (this.#options.quiet) return false;
    return this.#live || this.#io.stderr.isTTY === true || this.#options.verbose === true;
  }

  #say(message: string): void {
    this.#io.stderr.write(`sx: ${oneLine(this.#secrets.redact(message))}\n`);
  }

  async #loadDisplay(opened: OpenedAgent): Promise<void> {
    const { LineDisplay } = await import("./ui/line-display.js");
    const stream = this.#live ? this.#io.stdout : this.#io.stderr;
    this.#display = new LineDisplay({
      write: this.#live ? (text) => this.#out.write(text) : (text) => void stream.write(text),
      secrets: opened.secrets,
      color: colorDecision({ flag: this.#options.color, env: this.#io.env, isTTY: stream.isTTY === true }),
      columns: () => stream.columns ?? 80,
      tools: opened.tools,
      showText: this.#live,
    });
  }
}
