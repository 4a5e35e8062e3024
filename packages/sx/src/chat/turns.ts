import { randomUUID } from "node:crypto";
import type { ToolLoopEvent, ToolOutput, ToolUseBlock, UserBlock } from "@scorpiox/sxnet";
import { ExitCode, Failure, type Io } from "@scorpiox/sxutil";
import type { TurnEnd } from "../agent.js";
import { startDeadline } from "../deadline.js";
import { describeFailure, Interrupted } from "../failure.js";
import type { ChatViewMethods } from "../ui/chat/chat-view.js";
import type { Engine } from "./engine.js";
import { MessageQueue, type QueuedMessage, type ReadyMessage } from "./message-queue.js";
import { NOTIFY_AFTER_MS } from "./notify.js";

export interface TurnsOptions {
  readonly io: Io;
  readonly view: ChatViewMethods;
  readonly timeoutS: number | undefined;
  /** Something that is shown has changed. */
  readonly changed: () => void;
  /** A turn that took long is over. */
  readonly notify: () => void;
}

/** A command's output beyond this is not told to the model. */
const MAX_CONTEXT_CHARS = 30_000;

/** Who speaks: one prompt at a time, what is said meanwhile, and how it is stopped. */
export class Turns {
  readonly queue: MessageQueue;
  readonly #options: TurnsOptions;
  #engine: Engine | undefined;
  #work: AbortController | undefined;
  #idle: Promise<void> = Promise.resolve();
  /** After an interrupt the queue waits for the person. */
  #isHeld = false;
  /** Calls that run, by their ids: what they print is shown with them. */
  readonly #calls = new Map<string, ToolUseBlock>();
  /** What the model was just told, to be shown at its place. */
  #steered: readonly ReadyMessage[] = [];

  constructor(options: TurnsOptions) {
    this.#options = options;
    this.queue = new MessageQueue(() => {
      options.view.setQueue(this.queue.shown);
      options.changed();
    });
  }

  /** Once, before the first prompt. */
  use(engine: Engine): void {
    this.#engine = engine;
  }

  get isBusy(): boolean {
    return this.#work !== undefined;
  }

  /** Aborts with what runs now; `undefined` at rest. */
  get signal(): AbortSignal | undefined {
    return this.#work?.signal;
  }

  /** Whether what runs was told to stop and has not yet. */
  get isStopping(): boolean {
    return this.#work?.signal.aborted === true;
  }

  /** Settles when nothing runs any more. */
  get idle(): Promise<void> {
    return this.#idle;
  }

  /** Sends a message now, or queues it behind what runs or waits. */
  say(message: QueuedMessage): void {
    this.#isHeld = false;
    this.queue.add(message);
    this.#next();
  }

  /** Goes on with what waits since an interrupt. @returns whether something waited */
  goOn(): boolean {
    if (this.isBusy || this.queue.length === 0) return false;
    this.#isHeld = false;
    this.#next();
    return true;
  }

  /** Esc: stops what runs; when it is stopped already, forgets what waits. */
  interrupt(): void {
    if (this.#work !== undefined && !this.isStopping) this.#work.abort(new Interrupted());
    else if (this.queue.clear() > 0) this.#options.view.note("what was queued is forgotten", "info");
  }

  /** The program ends: the reason goes to everything that runs. */
  abort(reason: unknown): void {
    this.#isHeld = true;
    this.#work?.abort(reason);
  }

  /** What the agent asks for before each further request. */
  takeInput(): readonly UserBlock[] {
    this.#steered = this.queue.takeSteering();
    return this.#steered.flatMap(({ ready }) => ready);
  }

  /** What a running command has printed. */
  progress(toolUseId: string, text: string): void {
    const call = this.#calls.get(toolUseId);
    if (call === undefined) return;
    this.#options.view.showProgress(call, text);
    this.#options.changed();
  }

  /**
   * Other work in a turn's place: nothing else runs meanwhile, Esc stops it. @throws Failure `busy`; what the work throws
   */
  async work(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.isBusy) throw new Failure("busy", ExitCode.failure, "a turn is running; stop it with Esc first");
    let failure: unknown;
    this.#run(async (signal) => {
      try {
        await work(signal);
      } catch (error) {
        failure = signal.aborted ? signal.reason : error;
      }
    });
    await this.#idle;
    if (failure !== undefined) throw failure;
  }

  /** A command line of the person's own, through the model's own tool; what it printed is part of the conversation. */
  shell(command: string): void {
    const engine = this.#engine;
    const tool = engine?.opened.tools.find(({ name }) => name === "bash");
    const { view } = this.#options;
    if (engine === undefined || tool === undefined) {
      view.note("the tool that runs commands is switched off (TOOLS, TOOL_BASH)", "warning");
      return;
    }
    if (this.isBusy) {
      view.note("a turn is running; a command of your own comes after it, or after Esc", "warning");
      return;
    }
    const call: ToolUseBlock = { type: "tool_use", id: `own-${randomUUID()}`, name: "bash", input: { command } };
    this.#run(async (signal) => {
      view.user(`!${command}`);
      this.#show([{ type: "tool_start", call }]);
      this.#options.changed();
      const startedMs = performance.now();
      engine.beginOwnWork();
      let output: ToolOutput;
      try {
        const result = await tool.run(call.input, { signal, toolUseId: call.id });
        output = typeof result === "string" ? { content: [{ type: "text", text: result }] } : result;
      } catch (error) {
        // The call has begun on the screen, and has to end there.
        const { message } = describeFailure(signal.aborted ? signal.reason : error, Date.now());
        const status = signal.aborted ? "cancelled" : "error";
        const failed: ToolOutput = { status, content: [{ type: "text", text: message }] };
        this.#show([{ type: "tool_end", call, output: failed, durationMs: performance.now() - startedMs }]);
        return;
      }
      this.#show([{ type: "tool_end", call, output, durationMs: performance.now() - startedMs }]);
      const text = output.content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
      const cut = text.length > MAX_CONTEXT_CHARS ? `${text.slice(0, MAX_CONTEXT_CHARS)}\n[cut]` : text;
      await engine.addContext(`I ran this command myself:\n\n$ ${command}\n\nIt printed:\n\n${cut}`);
    });
  }

  #next(): void {
    if (this.isBusy || this.#isHeld) return;
    const message = this.queue.takeFirst();
    if (message !== undefined) this.#run((signal) => this.#turn(message, signal));
  }

  /** One piece of work at a time; then what waits. */
  #run(work: (signal: AbortSignal) => Promise<void>): void {
    const { view, changed, io, notify, timeoutS } = this.#options;
    const controller = new AbortController();
    this.#work = controller;
    const forward = (): void => controller.abort(io.signal.reason);
    io.signal.addEventListener("abort", forward, { once: true });
    const deadline = startDeadline(controller.signal, timeoutS);
    const sinceMs = performance.now();
    view.setBusy({ sinceMs });
    changed();
    const done = async (): Promise<void> => {
      try {
        await work(deadline.signal);
      } catch (error) {
        view.note(describeFailure(error, Date.now()).message, "error");
      }
      deadline.dispose();
      io.signal.removeEventListener("abort", forward);
      this.#work = undefined;
      this.#calls.clear();
      view.setBusy(undefined);
      if (controller.signal.aborted && this.queue.length > 0) {
        this.#isHeld = true;
        view.note("stopped; what is queued waits: Enter sends it, Esc forgets it, Up edits it", "info");
      }
      if (performance.now() - sinceMs >= NOTIFY_AFTER_MS) notify();
      changed();
      this.#next();
    };
    this.#idle = done();
  }

  async #turn(message: QueuedMessage, signal: AbortSignal): Promise<void> {
    const engine = this.#engine;
    if (engine === undefined) return;
    const { view, changed } = this.#options;
    const content = await message.content;
    const images = content.filter(({ type }) => type === "image").length;
    view.user(message.shown, images === 0 ? {} : { images });
    changed();
    const batches = engine.turn(content, signal);
    for (;;) {
      const step = await batches.next();
      if (step.done) {
        this.#ended(step.value);
        return;
      }
      this.#show(step.value);
      changed();
    }
  }

  #show(events: readonly ToolLoopEvent[]): void {
    const { view } = this.#options;
    // The view would show all that was sent, also the files that a message names.
    const others = events.filter(({ type }) => type !== "user_input");
    if (others.length < events.length) {
      for (const { shown } of this.#steered) view.user(shown);
      this.#steered = [];
    }
    for (const event of others) {
      if (event.type === "tool_start") this.#calls.set(event.call.id, event.call);
      if (event.type === "tool_end") this.#calls.delete(event.call.id);
    }
    view.show(others);
  }

  #ended(end: TurnEnd): void {
    this.#options.view.finishTurn(end);
  }
}
