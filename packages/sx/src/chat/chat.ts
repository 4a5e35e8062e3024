import type { Approval, ToolUseBlock } from "@scorpiox/sxnet";
import { ExitCode, type Io, oneLine } from "@scorpiox/sxutil";
import type { ApprovalMode, SxArgs } from "../args.js";
import { describeFailure } from "../failure.js";
import { judge } from "../permission.js";
import { shortId } from "../sessions/find-session.js";
import type { UserQuestion } from "../tools/ask-user.js";
import type { SxTool } from "../tools/tool-context.js";
import { ChatView } from "../ui/chat/chat-view.js";
import type { EditorEvent, Submission } from "../ui/editor/editor.js";
import { type Key, keyId } from "../ui/keys/key.js";
import { glyphsOf } from "../ui/markdown/glyphs.js";
import { createTheme } from "../ui/theme.js";
import { ApprovalRules, ruleOf } from "./approval-rules.js";
import { createChatControl } from "./chat-control.js";
import { Engine } from "./engine.js";
import type { Front, FrontOwner } from "./front.js";
import { notification, readNotify } from "./notify.js";
import { parseTyped } from "./parse-slash.js";
import { readPromptContent } from "./prompt-content.js";
import { PromptHistory } from "./prompt-history.js";
import type { ChatControl } from "./slash-command.js";
import { SlashRunner } from "./slash-runner.js";
import { Turns } from "./turns.js";

export interface ChatOptions {
  readonly args: Extract<SxArgs, { kind: "run" }>;
  readonly io: Io;
  readonly front: Front;
  readonly color: boolean;
}

/** The order in which Shift+Tab goes through the modes. */
const MODES: readonly ApprovalMode[] = ["ask", "edits", "plan", "all"];
/** Two Ctrl+C within this time leave. */
const TWICE_MS = 1_500;

/** A conversation before a person: what keys ask for, done. Whoever opened it closes it. */
export class Chat implements FrontOwner {
  readonly turns: Turns;
  readonly engine: Engine;
  readonly view: ChatView;
  readonly front: Front;
  readonly control: ChatControl;
  readonly slash: SlashRunner;
  /** Settles with the exit code when the person leaves. */
  readonly left: Promise<number>;
  readonly #io: Io;
  readonly #rules = new ApprovalRules();
  readonly #history: PromptHistory;
  #leave: (code: number) => void = () => undefined;
  #hasConfirmedAll = false;
  #isAskedToLeave = false;
  #interruptedAtMs = Number.NEGATIVE_INFINITY;

  private constructor({ args, io, front, color }: ChatOptions, engine: Engine, bridge: Bridge) {
    this.left = new Promise((resolve) => (this.#leave = resolve));
    this.#io = io;
    this.front = front;
    this.engine = engine;
    const { opened } = engine;
    this.view = new ChatView({
      theme: createTheme({ color, background: front.background, hyperlinks: false }),
      secrets: opened.secrets,
      tools: opened.tools,
      home: io.home,
      cwd: engine.cwd,
      nowMs: () => performance.now(),
      epochMs: () => Date.now(),
      animate: true,
      showThinking: "folded",
    });
    this.turns = new Turns({
      io,
      view: this.view,
      timeoutS: args.options.timeout,
      changed: () => this.changed(),
      notify: () => this.#notify(),
    });
    this.turns.use(engine);
    this.control = createChatControl(this, io);
    this.slash = new SlashRunner(this.control, () => this.turns.isBusy);
    this.#history = new PromptHistory(io, opened.secrets, (line) => this.note(line, "warning"));
    bridge.chat = this;
    this.#hasConfirmedAll = engine.mode === "all";
  }

  /** Loads what a conversation needs and joins it to what the person sees. @throws Failure */
  static async open(options: ChatOptions): Promise<Chat> {
    const { args, io, front } = options;
    const bridge: Bridge = { chat: undefined };
    const early: string[] = [];
    const engine = await Engine.open({
      options: args.options,
      io,
      warn: (line) => (bridge.chat === undefined ? void early.push(line) : bridge.chat.note(line, "warning")),
      approve: (call, tool) =>
        bridge.chat?.approve(call, tool) ?? Promise.resolve({ allowed: false, reason: "nobody can be asked yet" }),
      takeInput: () => bridge.chat?.turns.takeInput() ?? [],
      askUser: (questions, asked) => bridge.chat?.askUser(questions, asked) ?? Promise.resolve([]),
      onOutput: (toolUseId, text) => bridge.chat?.turns.progress(toolUseId, text),
    });
    const chat = new Chat(options, engine, bridge);
    for (const line of [...engine.opened.warnings, ...early]) chat.note(line, "warning");
    if (engine.session?.resumed === true) chat.showPast();
    await chat.#welcome();
    void chat.#history.load(front.editor);
    void chat.slash.load(engine.cwd, io.home);
    if (args.prompt !== undefined) chat.say(args.prompt);
    front.attach(chat.view, chat);
    chat.changed();
    setImmediate(warmUp);
    return chat;
  }

  note(text: string, level: Parameters<ChatView["note"]>[1] = "info"): void {
    this.view.note(text, level);
    this.changed();
  }

  changed(): void {
    const { isBusy } = this.turns;
    this.view.setStatus(this.engine.state(isBusy));
    const { tasks } = this.engine.opened.todo;
    // A list that is done has said so in its last call.
    const isDone = !isBusy && tasks.every(({ status }) => status === "done");
    this.view.setTodo(isDone ? [] : tasks);
    this.front.changed();
  }

  /** What a resumed session holds, shown again. */
  showPast(): void {
    const { session } = this.engine;
    if (session === undefined || !session.resumed) return;
    this.view.replay(session.shown);
    const title = oneLine(session.title, 80);
    this.note(`going on with session ${shortId(session.id)}: ${title} · ${session.messages.length} messages`);
  }

  /** Sends a prompt, or queues it while a turn runs. */
  say(text: string, { shown = text, images = [] as Submission["images"], later = false } = {}): void {
    const { cwd, opened } = this.engine;
    const signal = this.#io.signal;
    const content = readPromptContent(text, images, {
      cwd,
      home: this.#io.home,
      tools: opened.tools,
      signal,
      readImageLimits: async () => opened.agent.provider.readImageLimits?.(),
    });
    this.turns.say({ text, shown, when: later ? "later" : "steer", content });
  }

  leave(): void {
    this.#leave(ExitCode.ok);
  }

  setMode(mode: ApprovalMode): void {
    if (mode === "all") this.#hasConfirmedAll = true;
    this.engine.setMode(mode);
    this.changed();
  }

  takeKey(key: Key): boolean {
    const id = keyId(key);
    if (id !== "ctrl+d" && id !== "ctrl+c") this.#isAskedToLeave = false;
    if (!this.front.editor.isEmpty) return false;
    if (id === "enter") return this.turns.goOn();
    if (id !== "up") return false;
    const last = this.turns.queue.takeLast();
    if (last !== undefined) this.front.editor.setText(last.when === "later" ? `~ ${last.text}` : last.text);
    return last !== undefined;
  }

  handle(event: EditorEvent): void {
    switch (event.type) {
      case "submit":
        this.#history.add(event.historyText);
        return this.#submit(event);
      case "interrupt":
        return this.turns.interrupt();
      case "cancel":
      case "leave":
        return this.#cancelOrLeave(event);
      case "mode":
        return this.#wait(this.#nextMode());
      case "fold":
        return this.view.toggleDetails();
      case "suspend":
        return this.#wait(this.front.suspend());
      case "redraw":
        return this.front.redraw();
      case "openEditor":
        return this.#wait(this.#writeElsewhere(event.text));
      case "pasteCut":
        return this.note(`the paste was too long: ${event.droppedChars} characters are left out`, "warning");
    }
  }

  /** Puts a call to the person, unless the mode or an earlier answer decides. */
  approve(call: ToolUseBlock, tool: SxTool): Promise<Approval> {
    return judge(this.engine.mode, call, tool, this.engine.cwd, () => this.#askApproval(call, tool));
  }

  /** Puts the model's questions to the person, one after the other. Rejects with the signal's reason. */
  async askUser(questions: readonly UserQuestion[], signal: AbortSignal): Promise<readonly (string | undefined)[]> {
    const answers: (string | undefined)[] = [];
    for (const { question, options } of questions) {
      this.#notify("bell");
      const choices = options.map((value) => ({ value }));
      const answer = await this.front.ask({ kind: "ask", question, choices }, signal);
      signal.throwIfAborted();
      answers.push(answer?.kind === "ask" ? answer.value : undefined);
    }
    return answers;
  }

  /** Ends what runs; what was seen of it stays. */
  async stop(reason: unknown): Promise<void> {
    this.turns.abort(reason);
    await this.turns.idle;
  }

  /** Ends everything else; the session is complete before it returns. */
  async close(): Promise<void> {
    await this.#history.settle();
    await this.engine.close();
  }

  async #askApproval(call: ToolUseBlock, tool: SxTool): Promise<Approval> {
    const { cwd, session, opened } = this.engine;
    const rule = ruleOf(call, tool, cwd);
    this.#rules.enter(opened.header.sessionId);
    if (this.#rules.allows(rule)) return { allowed: true };
    this.#notify("bell");
    const answer = await this.front.ask({ kind: "approval", call, tool, cwd, rule: rule.words }, this.turns.signal);
    const said = answer?.kind === "approval" ? answer : { choice: "no" as const };
    if (said.choice === "always") this.#rules.add(rule);
    const allowed = said.choice !== "no";
    const made = said.choice === "always" ? { rule: rule.words } : {};
    await session?.append({ kind: "approval", toolId: call.id, toolName: call.name, allowed, ...made });
    if (allowed) return { allowed };
    const why = "reason" in said && said.reason !== undefined ? `: ${said.reason}` : "";
    return { allowed, reason: `the user said no${why}. Do not try other ways around this` };
  }

  #submit({ text, shown, images }: Submission): void {
    const typed = parseTyped(text);
    switch (typed.kind) {
      case "prompt":
        return this.say(typed.text, { shown: typed.text === text ? shown : typed.text, images });
      case "later":
        return this.say(typed.text, { shown: typed.text, images, later: true });
      case "shell":
        return this.turns.shell(typed.command);
      case "slash":
        this.view.user(`/${typed.name}${typed.argument === "" ? "" : ` ${typed.argument}`}`);
        return this.#wait(this.slash.run(typed.name, typed.argument));
    }
  }

  #cancelOrLeave(event: Extract<EditorEvent, { type: "cancel" | "leave" }>): void {
    if (event.type === "leave" && event.by === "ctrl+d") return this.#wait(this.#leaveAsked());
    if (event.type === "cancel" && event.hadText) return undefined;
    // One that stops a turn is none of the two that leave: who presses it in a hurry does not want to lose the chat.
    if (this.turns.isBusy && !this.turns.isStopping) return this.turns.interrupt();
    const nowMs = performance.now();
    const isSecond = nowMs - this.#interruptedAtMs <= TWICE_MS;
    this.#interruptedAtMs = nowMs;
    if (isSecond) return this.leave();
    return this.note("Ctrl+C again leaves", "info");
  }

  /** Ctrl+D: at once when nothing would be lost, else when it is pressed again. */
  async #leaveAsked(): Promise<void> {
    const jobs = this.engine.opened.jobs.list().length;
    if (this.#isAskedToLeave || (!this.turns.isBusy && jobs === 0)) return this.leave();
    this.#isAskedToLeave = true;
    const what = this.turns.isBusy
      ? "a turn is running"
      : `${jobs} background ${jobs === 1 ? "job is" : "jobs are"} running`;
    this.note(`${what} and would end; Ctrl+D again leaves`, "warning");
    return Promise.resolve();
  }

  async #nextMode(): Promise<void> {
    const next = MODES[(MODES.indexOf(this.engine.mode) + 1) % MODES.length] ?? "ask";
    if (next === "all" && !this.#hasConfirmedAll) {
      const question = "Run everything without a question, in this session?";
      const answer = await this.front.ask({ kind: "confirm", question });
      if (answer?.kind !== "confirm" || !answer.yes) return this.setMode("ask");
    }
    this.setMode(next);
  }

  async #writeElsewhere(text: string): Promise<void> {
    const { writeElsewhere } = await import("./external-editor.js");
    const { env } = this.#io;
    this.front.editor.setText(await this.front.lend(() => writeElsewhere(text, { env, cwd: this.engine.cwd })));
  }

  async #welcome(): Promise<void> {
    if (this.engine.session?.resumed === true) return;
    const { canAnswer, WELCOME } = await import("./welcome.js");
    if (!(await canAnswer(this.engine.configuration.settings(), this.#io))) this.view.print(WELCOME);
  }

  #notify(at: "turn" | "bell" = "turn"): void {
    const how = readNotify(this.engine.configuration.settings(), this.#io.env);
    const bytes = notification(at === "bell" && how !== "off" ? "bell" : how, "sx: the turn is over", this.#io.env);
    this.front.terminal.write(bytes);
  }

  /** What a person asked for and takes time: its failure is a line. */
  #wait(work: Promise<void>): void {
    work.then(
      () => this.changed(),
      (error: unknown) => this.note(describeFailure(error, Date.now()).message, "error"),
    );
  }
}

/** What the first request needs is loaded while the person still writes. */
function warmUp(): void {
  void Promise.all([import("node:https"), import("node:http")]);
  // The first glyph that ICU is asked about takes milliseconds.
  Array.from(glyphsOf("✓"));
}

/** The agent is made before the chat that answers for it. */
interface Bridge {
  chat: Chat | undefined;
}
