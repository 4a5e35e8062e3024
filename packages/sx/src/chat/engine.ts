import { randomUUID } from "node:crypto";
import {
  addUsage,
  type Effort,
  type Message,
  NO_USAGE,
  type Settings,
  type ToolLoopEvent,
  type Usage,
  type UserBlock,
} from "@scorpiox/sxnet";
import { ExitCode, Failure, type Io } from "@scorpiox/sxutil";
import type { Agent, TurnEnd } from "../agent.js";
import type { ApprovalMode, SxOptions } from "../args.js";
import type { CompactionReport } from "../compaction/compact.js";
import { Compactor } from "../compaction/compactor.js";
import { recordCompaction, undoCompaction } from "../compaction/session-compaction.js";
import { PriceList } from "../cost.js";
import { readGitBranch } from "../git-head.js";
import {
  openAgent,
  type OpenAgentOptions,
  type OpenedAgent,
  openWorkspace,
  readAgentConfiguration,
} from "../open-agent.js";
import { openProvider } from "../open-provider.js";
import { recordTurn } from "../sessions/record-turn.js";
import { openRunSession } from "../sessions/run-session.js";
import type { Session } from "../sessions/session.js";
import { readTodoList } from "../tools/todo-list.js";
import { undoFolderOf } from "../undo/undo-folder.js";
import { PlanLimits } from "./plan-limits.js";
import { PromptMarks } from "./prompt-marks.js";
import type { ChatState } from "./slash-command.js";

export interface EngineOptions extends Pick<OpenAgentOptions, "approve" | "takeInput" | "askUser" | "onOutput"> {
  readonly options: SxOptions;
  readonly io: Io;
  readonly warn: (line: string) => void;
}

type Pair = readonly [string, string];

/**
 * The agent, its session and its settings, and everything that may change of them between two turns. Each change is
 * whole: what fails leaves all as it was. Knows no screen.
 */
export class Engine {
  opened: OpenedAgent;
  session: Session | undefined;
  mode: ApprovalMode;
  effort: Effort | undefined;
  readonly #options: EngineOptions;
  /** What was chosen in the chat and stands above everything else. */
  #overrides: readonly Pair[] = [];
  readonly #toolsOff = new Set<string>();
  readonly #marks = new PromptMarks();
  #usage: Usage = NO_USAGE;
  #costUsd: number | undefined;
  readonly #limits: PlanLimits;
  #saving: Promise<void> = Promise.resolve();
  #route: ChatState["route"];
  #contextTokens: number | undefined;
  #contextWindow: number | undefined;
  #branch: string | undefined;
  #profile: string | undefined;
  #provider: OpenedAgent["provider"];
  #configuration: OpenedAgent["configuration"];

  private constructor(options: EngineOptions, opened: OpenedAgent, session: Session | undefined) {
    this.#options = options;
    this.opened = opened;
    this.session = session;
    this.mode = opened.header.approvalMode as ApprovalMode;
    this.effort = options.options.effort;
    this.#provider = opened.provider;
    this.#configuration = opened.configuration;
    const isKept = options.options.session !== false && options.options.bare !== true;
    this.#limits = new PlanLimits(options.io, opened.header.provider, isKept);
    this.#enter(session);
  }

  /** @throws Failure */
  static async open(options: EngineOptions): Promise<Engine> {
    const { io, warn } = options;
    const cwd = await openWorkspace(io.cwd, options.options.cwd);
    const session = await openRunSession({ options: options.options, io, cwd, warn });
    try {
      const history = session?.resumed === true ? session.messages : undefined;
      const sessionId = session?.id ?? randomUUID();
      const engine = new Engine(
        options,
        await openAgent({ ...options, defaultMode: "ask", sessionId, history }),
        session,
      );
      await engine.#limits.enter(engine.opened.header.provider, Date.now());
      return engine;
    } catch (error) {
      await session?.close();
      throw error;
    }
  }

  get agent(): Agent {
    return this.opened.agent;
  }

  get cwd(): string {
    return this.opened.header.cwd;
  }

  get configuration(): OpenedAgent["configuration"] {
    return this.#configuration;
  }

  get provider(): OpenedAgent["provider"] {
    return this.#provider;
  }

  get messages(): readonly Message[] {
    return this.agent.messages;
  }

  state(isBusy: boolean): ChatState {
    return {
      model: this.opened.header.model,
      providerName: this.opened.header.provider,
      route: this.#route,
      effort: this.effort,
      approvalMode: this.mode,
      branch: this.#branch,
      contextTokens: this.#contextTokens,
      contextWindow: this.#contextWindow,
      usage: this.#usage,
      costUsd: this.#costUsd,
      limits: this.#limits.current,
      profile: this.#profile,
      isBusy,
    };
  }

  /** One turn; what it tells is counted here on its way. */
  async *turn(
    content: readonly UserBlock[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly ToolLoopEvent[], TurnEnd, void> {
    this.#mark(content);
    const batches = recordTurn(this.agent, content, signal, this.session, this.opened.header);
    for (;;) {
      const step = await batches.next();
      if (step.done) {
        this.#ended(step.value);
        return step.value;
      }
      for (const event of step.value) this.#count(event);
      yield step.value;
    }
  }

  /** What is done to files from here on can be taken back by itself, as a turn's changes can. */
  beginOwnWork(): void {
    const { session } = this;
    const path = session?.path;
    this.agent.undo?.beginTurn(
      session === undefined || path === undefined ? undefined : { folder: undoFolderOf(path), n: session.lastN },
    );
  }

  /** Adds to the conversation what nobody has to answer: a command of the person's own, and what it printed. */
  async addContext(text: string): Promise<void> {
    const content = [{ type: "text", text }] as const;
    this.#mark(content);
    await this.session?.append({ kind: "user", content });
    this.agent.replaceMessages([...this.messages, { role: "user", content }]);
  }

  setMode(mode: ApprovalMode): void {
    this.mode = mode;
    this.#begin();
  }

  setEffort(effort: Effort | undefined): void {
    this.effort = effort;
    const { model, system, sessionId } = this.opened.request;
    const request = {
      model,
      ...(system === undefined ? {} : { system }),
      ...(sessionId === undefined ? {} : { sessionId }),
    };
    this.#change({ request: effort === undefined ? request : { ...request, thinking: { effort } } });
  }

  /** @throws Failure, ProviderError: the old ones then stay. */
  async setProvider(name: string | undefined, model: string | undefined): Promise<void> {
    const before = this.#overrides.filter(
      ([key]) => !(key === "PROVIDER" && name !== undefined) && !(key === "MODEL" && (model ?? name) !== undefined),
    );
    await this.#rebuild([
      ...before,
      ...(name === undefined ? [] : [["PROVIDER", name] as const]),
      ...(model === undefined ? [] : [["MODEL", model] as const]),
    ]);
  }

  /** @throws Failure, ProviderError: the old settings then stay. */
  async reconfigure(profile: string | undefined): Promise<void> {
    const before = this.#overrides.filter(([key]) => key !== "ACTIVE_PROFILE");
    await this.#rebuild([...before, ["ACTIVE_PROFILE", profile ?? ""]]);
  }

  get toolsOff(): ReadonlySet<string> {
    return this.#toolsOff;
  }

  /** The model is offered the tool, or not, from the next turn on. */
  switchTool(name: string, isOn: boolean): void {
    if (isOn) this.#toolsOff.delete(name);
    else this.#toolsOff.add(name);
    this.#offerTools();
  }

  /** Another folder with tools of its own; what runs in the background ends. */
  async setCwd(path: string): Promise<void> {
    const { options } = this.#options;
    const cwd = await openWorkspace(this.cwd, path);
    const opened = await openAgent({
      ...this.#options,
      options: { ...options, cwd },
      overrides: this.#overrides,
      defaultMode: "ask",
      sessionId: this.opened.header.sessionId,
      history: this.messages,
    });
    const before = this.opened;
    this.opened = opened;
    this.#provider = opened.provider;
    this.#configuration = opened.configuration;
    this.setEffort(this.effort);
    this.#offerTools();
    this.#begin();
    await before.close();
  }

  async startOver(): Promise<void> {
    await this.#changeSession({ continue: undefined, resume: undefined, fork: undefined });
  }

  async resume(id: string): Promise<void> {
    await this.#changeSession({ continue: undefined, resume: id, fork: undefined });
  }

  async fork(): Promise<void> {
    if (this.session?.isKept !== true || this.messages.length === 0) {
      throw new Failure("nothing_kept", ExitCode.badInput, "there is nothing kept yet that could be copied");
    }
    await this.session.sync();
    await this.#changeSession({ continue: undefined, resume: this.session.id, fork: true });
  }

  /** @throws Failure when no prompt begins there. */
  async rewind(index: number): Promise<void> {
    const mark = this.#marks.at(index);
    if (mark === undefined) {
      throw new Failure("no_prompt", ExitCode.badInput, "the conversation can go back to the start of a prompt only");
    }
    await this.session?.append({ kind: "rewind", to: mark.beforeN, reason: "taken back" });
    this.#replace(this.messages.slice(0, index));
    this.#marks.cut(index);
    // The session went back behind the compaction; the conversation did not.
    if (this.#marks.isBeforeCompaction(mark.beforeN) && index > 0) await this.#keepMessages();
  }

  /** Makes the conversation shorter. `undefined`: nothing in it can become shorter. @throws the signal's reason */
  async compact(focus: string | undefined, signal: AbortSignal): Promise<CompactionReport | undefined> {
    const report = await this.agent.compact(focus, signal);
    if (report === undefined) return undefined;
    this.#usage = addUsage(this.#usage, report.usage);
    await this.#keepMessages();
    this.#marks.compacted(this.messages, this.session?.lastN ?? -1);
    this.#contextTokens = this.agent.contextTokens;
    return report;
  }

  /** Takes the last compaction back, with all that was said since still there. @throws Failure `no_compaction` */
  async uncompact(): Promise<void> {
    const { session } = this;
    if (session?.isKept !== true) {
      throw new Failure(
        "nothing_kept",
        ExitCode.badInput,
        "this session keeps nothing, so nothing can be brought back",
      );
    }
    this.#replace(await undoCompaction(session));
    this.#marks.compacted(this.messages, -1);
  }

  /** Every session entry of the prompt at this index, and all later ones, have at least this number. */
  entryOfPrompt(index: number): number {
    return this.#marks.entryOf(index);
  }

  /** Where the last prompt stands in the messages, and what it was. */
  get lastPrompt(): { readonly index: number; readonly content: readonly UserBlock[] } | undefined {
    const index = this.#marks.last?.index;
    const message = index === undefined ? undefined : this.messages[index];
    return index === undefined || message?.role !== "user" ? undefined : { index, content: message.content };
  }

  /** Ends jobs and connections and lets others have the session. */
  async close(): Promise<void> {
    await this.session?.close();
    await this.#saving;
    await this.opened.close();
    if (this.#provider !== this.opened.provider) await this.#provider.close();
  }

  async #rebuild(overrides: readonly Pair[]): Promise<void> {
    const { options, io, warn } = this.#options;
    const { secrets } = this.opened;
    const configuration = readAgentConfiguration({ options, io, overrides }, this.cwd);
    const settings = configuration.settings();
    for (const value of configuration.secrets) secrets.add(value);
    const model = settings["MODEL"] ?? "sonnet";
    const provider = await openProvider({ configuration, settings, io, secrets, warn });
    try {
      // A model that nobody knows is said now, not with the next prompt.
      await modelOf(provider.name, model, settings);
    } catch (error) {
      await provider.close();
      throw error;
    }
    const before = this.#provider;
    this.#overrides = overrides;
    this.#provider = provider;
    this.#configuration = configuration;
    this.#route = undefined;
    const header = { ...this.opened.header, provider: provider.name, model };
    this.opened = { ...this.opened, header };
    this.agent.change({ provider, prices: new PriceList(settings), compactor: this.#compactor(settings) });
    this.#change({ request: { ...this.opened.request, model } });
    this.#begin();
    await Promise.all([this.#findWindow(), this.#limits.enter(provider.name, Date.now())]);
    await before.close();
  }

  async #changeSession(change: Pick<SxOptions, "continue" | "resume" | "fork">): Promise<void> {
    const { options, io, warn } = this.#options;
    const session = await openRunSession({ options: { ...options, ...change }, io, cwd: this.cwd, warn });
    const before = this.session;
    const sessionId = session?.id ?? randomUUID();
    this.opened = { ...this.opened, header: { ...this.opened.header, sessionId } };
    this.#change({ request: { ...this.opened.request, sessionId } });
    this.session = session;
    this.#enter(session);
    await before?.close();
  }

  /** Begins with what a session holds already. */
  #enter(session: Session | undefined): void {
    this.#replace(session?.messages ?? []);
    this.#marks.enter(session);
    this.#usage = NO_USAGE;
    this.#costUsd = undefined;
    this.#branch = readGitBranch(this.cwd);
    this.#begin();
    void this.#findWindow();
  }

  #begin(): void {
    const { header, secrets } = this.opened;
    const { provider, model } = header;
    this.session?.begin({ provider, model, approvalMode: this.mode, mask: (text) => secrets.redact(text) });
    this.#profile = this.configuration.value("ACTIVE_PROFILE") || undefined;
  }

  #offerTools(): void {
    this.agent.change({ tools: this.opened.tools.filter(({ name }) => !this.#toolsOff.has(name)) });
  }

  #change({ request }: Pick<OpenedAgent, "request">): void {
    this.opened = { ...this.opened, request };
    this.agent.change({ request });
  }

  #mark(content: readonly UserBlock[]): void {
    this.#marks.add(this.messages.length, this.session?.lastN ?? -1, content);
  }

  /** Another conversation in the place of this one, with what follows from it. */
  #replace(messages: readonly Message[]): void {
    this.agent.replaceMessages(messages);
    this.opened.todo.replace(readTodoList(messages));
    this.#contextTokens = messages.length === 0 ? undefined : this.agent.contextTokens;
  }

  /** The session holds the conversation as it is now, whatever stands before. */
  async #keepMessages(): Promise<void> {
    if (this.session?.isKept === true) await recordCompaction(this.session, this.messages);
  }

  #compactor(settings: Settings): Compactor {
    const { request, tools, todo } = this.opened;
    return new Compactor({ settings, system: request.system, tools, pinned: () => [todo.asText()] });
  }

  #count(event: ToolLoopEvent): void {
    this.#limits.see(event);
    if (event.type === "route") this.#route = { provider: event.provider, model: event.model };
    if (event.type === "messages_revised") {
      this.#marks.compacted(event.revision.messages, this.session?.lastN ?? -1);
      this.#contextTokens = this.agent.contextTokens;
    }
    if (event.type !== "step_end") return;
    const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = event.usage;
    const tokens = inputTokens + cacheReadTokens + cacheWriteTokens + outputTokens;
    if (tokens > 0) this.#contextTokens = tokens;
    this.#usage = addUsage(this.#usage, event.usage);
  }

  #ended(end: TurnEnd): void {
    if (end.costUsd !== undefined) this.#costUsd = (this.#costUsd ?? 0) + end.costUsd;
    if (end.takenBack) this.#marks.cut(this.messages.length);
    this.#contextTokens = this.agent.contextTokens;
    this.#branch = readGitBranch(this.cwd);
    void this.#findWindow();
    this.#saving = this.#limits.save(Date.now());
  }

  async #findWindow(): Promise<void> {
    this.#contextWindow = await this.agent.contextWindow();
  }
}

/** What is known of a model without asking anybody; `undefined` where the address decides. @throws ProviderError */
async function modelOf(provider: string, model: string, settings: Settings) {
  const { findModel, serviceNames } = await import("@scorpiox/sxnet");
  return serviceNames().includes(provider) ? findModel(provider, model, settings) : undefined;
}
