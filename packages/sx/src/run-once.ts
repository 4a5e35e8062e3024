import { randomUUID } from "node:crypto";
import type { ToolLoopEvent, UserBlock } from "@scorpiox/sxnet";
import {
  colorDecision,
  createRedactor,
  ExitCode,
  Failure,
  type Io,
  UsageError,
  writeFileAtomic,
} from "@scorpiox/sxutil";
import type { Agent, TurnEnd } from "./agent.js";
import { outputFormat, type OutputFormat, type SxArgs, type SxOptions } from "./args.js";
import { startDeadline } from "./deadline.js";
import { describeFailure } from "./failure.js";
import { openAgent, type OpenedAgent } from "./open-agent.js";
import { joinPrompt, readPipedText } from "./prompt-input.js";
import { StreamJsonWriter } from "./stream-json.js";
import { TextOutput } from "./text-output.js";
import type { LineDisplay } from "./ui/line-display.js";

/**
 * One prompt, one answer, one truthful exit code. stdout holds the answer or the events and nothing else; nobody is
 * ever asked.
 */
export async function runOnce(args: Extract<SxArgs, { kind: "run" }>, io: Io): Promise<number> {
  const { options } = args;
  const deadline = startDeadline(io.signal, options.timeout);
  const sessionId = randomUUID();
  const output = outputOf(outputFormat(options), options, io, sessionId);
  let opened: OpenedAgent | undefined;
  try {
    const content = await readPrompt(args, io, deadline.signal);
    opened = await openAgent({ options, io, defaultMode: "plan", sessionId });
    output.begin(opened, content);
    const end = await drive(opened.agent, content, output, deadline.signal);
    if (options["output-last-message"] !== undefined && end.status === "success") {
      await writeLastMessage(options["output-last-message"], end.text, io.cwd);
    }
    output.end(end);
    return end.failure?.exitCode ?? ExitCode.ok;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const end = notBegun(error, deadline.signal);
    output.end(end);
    return end.failure?.exitCode ?? ExitCode.failure;
  } finally {
    deadline.dispose();
    await opened?.close();
  }
}

async function drive(
  agent: Agent,
  content: readonly UserBlock[],
  output: Output,
  signal: AbortSignal,
): Promise<TurnEnd> {
  const batches = agent.turn(content, signal);
  for (;;) {
    const step = await batches.next();
    if (step.done) return step.value;
    output.show(step.value);
    await output.settle(signal);
  }
}

async function readPrompt(
  args: Extract<SxArgs, { kind: "run" }>,
  io: Io,
  signal: AbortSignal,
): Promise<readonly UserBlock[]> {
  const asked = args.readsStdin || args.prompt === undefined;
  const piped = io.stdin.isTTY === true || !asked ? undefined : await readPipedText(io.stdin, signal);
  const prompt = joinPrompt(args.prompt, piped);
  if (prompt === "") throw new UsageError('there is no prompt; give one: sx -p "what to do", or pipe one in');
  const images = await Promise.all(args.options.image.map((path) => readImage(path, io.cwd)));
  return [...images, { type: "text", text: prompt }];
}

async function readImage(path: string, cwd: string): Promise<UserBlock> {
  const [{ readImageFile }, { resolve }] = await Promise.all([import("./files/image-file.js"), import("node:path")]);
  try {
    const { mediaType, data } = await readImageFile(resolve(cwd, path));
    return { type: "image", mediaType, data };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("bad_input", ExitCode.badInput, `--image ${path}: ${why}`, { cause });
  }
}

async function writeLastMessage(path: string, text: string, cwd: string): Promise<void> {
  const { resolve } = await import("node:path");
  try {
    await writeFileAtomic(resolve(cwd, path), `${text}\n`);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("bad_input", ExitCode.badInput, `--output-last-message ${path}: ${why}`, { cause });
  }
}

/** The end of a run that failed outside the agent. */
function notBegun(error: unknown, signal: AbortSignal): TurnEnd {
  const failure = describeFailure(signal.aborted ? signal.reason : error, Date.now());
  return {
    status: failure.cancelled === true ? "cancelled" : "error",
    text: "",
    failure,
    stopReason: undefined,
    turns: 0,
    usage: { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 },
    costUsd: undefined,
    denials: [],
    partial: undefined,
  };
}

/** Where a run shows itself. */
interface Output {
  begin(opened: OpenedAgent, content: readonly UserBlock[]): void;
  show(events: readonly ToolLoopEvent[]): void;
  settle(signal: AbortSignal): Promise<void>;
  end(end: TurnEnd): void;
}

function outputOf(format: OutputFormat, options: SxOptions, io: Io, sessionId: string): Output {
  return format === "text" ? new TextAnswer(options, io) : new JsonAnswer(format, options, io, sessionId);
}

/** `json` and `stream-json`; the first keeps only the last line. */
class JsonAnswer implements Output {
  readonly #out: TextOutput;
  readonly #io: Io;
  readonly #options: SxOptions;
  readonly #writer: StreamJsonWriter;
  readonly #streams: boolean;
  #redact: (line: string) => string = createRedactor([]).redact;
  #batch = "";

  constructor(format: OutputFormat, options: SxOptions, io: Io, sessionId: string) {
    this.#out = new TextOutput(io.stdout);
    this.#io = io;
    this.#options = options;
    this.#streams = format === "stream-json";
    this.#writer = new StreamJsonWriter(sessionId, {
      includeDeltas: options["include-deltas"] === true,
      now: Date.now,
      redact: (line) => this.#redact(line),
      write: (line) => {
        this.#batch = this.#streams ? this.#batch + line : line;
      },
    });
  }

  begin(opened: OpenedAgent, content: readonly UserBlock[]): void {
    this.#redact = opened.redactor.redact;
    this.#writer.init(opened.header);
    this.#writer.user(content);
    for (const warning of opened.warnings) {
      this.#writer.error("warning", "configuration", warning);
      if (!this.#options.quiet && !this.#streams) this.#io.stderr.write(`sx: ${warning}\n`);
    }
    this.#flush();
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

/** `text`: the last message on stdout; on a terminal it appears as it is written. Everything else goes to stderr. */
class TextAnswer implements Output {
  readonly #io: Io;
  readonly #options: SxOptions;
  readonly #out: TextOutput;
  #display: LineDisplay | undefined;
  #redact: (line: string) => string = createRedactor([]).redact;
  #ready: Promise<void> | undefined;
  #waiting: ToolLoopEvent[] = [];

  constructor(options: SxOptions, io: Io) {
    this.#options = options;
    this.#io = io;
    this.#out = new TextOutput(io.stdout);
  }

  begin(opened: OpenedAgent): void {
    this.#redact = opened.redactor.redact;
    if (!this.#options.quiet) for (const warning of opened.warnings) this.#io.stderr.write(`sx: ${warning}\n`);
    if (this.#options.verbose) {
      const { provider, model, approvalMode, cwd } = opened.header;
      this.#io.stderr.write(`sx: ${provider}, ${model}, approval mode ${approvalMode}, in ${cwd}\n`);
    }
    if (this.#shows) this.#ready = this.#loadDisplay(opened);
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
    if (!this.#live && end.text !== "") this.#out.write(end.text.endsWith("\n") ? end.text : `${end.text}\n`);
    if (end.failure !== undefined) this.#io.stderr.write(this.#redact(`sx: ${end.failure.message}\n`));
    if (!this.#options.quiet && end.denials.length > 0) {
      const names = [...new Set(end.denials.map(({ toolName }) => toolName))].join(", ");
      this.#io.stderr.write(
        `sx: ${end.denials.length} calls were denied (${names}); --approval-mode edits or all allows more\n`,
      );
    }
  }

  /** The answer is for a person's eyes and is shown while it comes. */
  get #live(): boolean {
    return this.#io.stdout.isTTY === true;
  }

  get #shows(): boolean {
    return this.#live || (this.#io.stderr.isTTY === true && !this.#options.quiet);
  }

  async #loadDisplay(opened: OpenedAgent): Promise<void> {
    const { LineDisplay } = await import("./ui/line-display.js");
    const stream = this.#live ? this.#io.stdout : this.#io.stderr;
    this.#display = new LineDisplay({
      write: this.#live
        ? (text) => this.#out.write(this.#redact(text))
        : (text) => void stream.write(this.#redact(text)),
      color: colorDecision({ flag: this.#options.color, env: this.#io.env, isTTY: stream.isTTY === true }),
      columns: () => stream.columns ?? 80,
      tools: opened.tools,
      showText: this.#live,
    });
  }
}
