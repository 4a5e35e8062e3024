import { randomUUID } from "node:crypto";
import {
  addUsage,
  type Effort,
  type Limits,
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
import type { ChatState } from "./slash-command.js";

export interface EngineOptions extends Pick<OpenAgentOptions, "approve" | "takeInput"> {
  readonly options: SxOptions;
  readonly io: Io;
  readonly warn: (line: string) => void;
}

type Pair = readonly [string, string];

/** A prompt of the conversation, and what the session was just before it. */
interface PromptMark {
  /** Its index in the messages. */
  readonly index: number;
  /** The last entry before it. */
  readonly beforeN: number;
}

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
  #marks: PromptMark[] = [];
  #usage: Usage = NO_USAGE;
  #costUsd: number | undefined;
  #limits: Limits | undefined;
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
      return new Engine(options, await openAgent({ ...options, defaultMode: "ask", sessionId, history }), session);
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
      limits: this.#limits,
      profile: this.#profile,
      isBusy,
    };
  }

  /** One turn; what it tells is counted here on its way. */
  async *turn(
    content: readonly UserBlock[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly ToolLoopEvent[], TurnEnd, void> {
    this.#mark();
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

  /** Adds to the conversation what nobody has to answer: a command of the person's own, and what it printed. */
  async addContext(text: string): Promise<void> {
    const content = [{ type: "text", text }] as const;
    this.#mark();
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
    const mark = this.#marks.find((known) => known.index === index);
    if (mark === undefined) {
      throw new Failure("no_prompt", ExitCode.badInput, "the conversation can go back to the start of a prompt only");
    }
    await this.session?.append({ kind: "rewind", to: mark.beforeN, reason: "taken back" });
    this.agent.replaceMessages(this.messages.slice(0, index));
    this.#marks = this.#marks.filter((known) => known.index < index);
    this.#contextTokens = undefined;
  }

  /** Every session entry of the prompt at this index, and all later ones, have at least this number. */
  entryOfPrompt(index: number): number {
    const before = this.#marks.findLast((known) => known.index < index);
    return before === undefined ? -1 : before.beforeN + 1;
  }

  /** Where the last prompt stands in the messages, and what it was. */
  get lastPrompt(): { readonly index: number; readonly content: readonly UserBlock[] } | undefined {
    const index = this.#marks.at(-1)?.index;
    const message = index === undefined ? undefined : this.messages[index];
    return index === undefined || message?.role !== "user" ? undefined : { index, content: message.content };
  }

  /** Ends jobs and connections and lets others have the session. */
  async close(): Promise<void> {
    await this.session?.close();
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
    this.#limits = undefined;
    const header = { ...this.opened.header, provider: provider.name, model };
    this.opened = { ...this.opened, header };
    this.agent.change({ provider, prices: new PriceList(settings) });
    this.#change({ request: { ...this.opened.request, model } });
    this.#begin();
    await this.#findWindow();
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
    const messages = session?.messages ?? [];
    this.agent.replaceMessages(messages);
    this.#marks = marksOf(session);
    this.#usage = NO_USAGE;
    this.#costUsd = undefined;
    this.#contextTokens = undefined;
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

  #mark(): void {
    this.#marks.push({ index: this.messages.length, beforeN: this.session?.lastN ?? -1 });
  }

  #count(event: ToolLoopEvent): void {
    if (event.type === "limits") this.#limits = event.limits;
    if (event.type === "route") this.#route = { provider: event.provider, model: event.model };
    if (event.type !== "step_end") return;
    const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = event.usage;
    const tokens = inputTokens + cacheReadTokens + cacheWriteTokens + outputTokens;
    if (tokens > 0) this.#contextTokens = tokens;
    this.#usage = addUsage(this.#usage, event.usage);
  }

  #ended(end: TurnEnd): void {
    if (end.costUsd !== undefined) this.#costUsd = (this.#costUsd ?? 0) + end.costUsd;
    if (end.takenBack) this.#marks = this.#marks.filter(({ index }) => index < this.messages.length);
    this.#branch = readGitBranch(this.cwd);
  }

  async #findWindow(): Promise<void> {
    const { provider, model } = this.opened.header;
    this.#contextWindow = (
      await modelOf(provider, model, this.#configuration.settings()).catch(() => undefined)
    )?.contextTokens;
  }
}

/** The prompts of a session that goes on, from its end: what a compaction replaced has no place to go back to. */
function marksOf(session: Session | undefined): PromptMark[] {
  if (session === undefined) return [];
  const entries = session.shown.filter(({ kind }) => kind === "user");
  const prompts = session.messages.flatMap(({ role, content }, index) =>
    role === "user" && content.every(({ type }) => type !== "tool_result") ? [index] : [],
  );
  const count = Math.min(entries.length, prompts.length);
  const ns = entries.slice(entries.length - count).map(({ n }) => n - 1);
  return prompts.slice(prompts.length - count).map((index, at) => ({ index, beforeN: ns[at] ?? -1 }));
}

/** What is known of a model without asking anybody; `undefined` where the address decides. @throws ProviderError */
async function modelOf(provider: string, model: string, settings: Settings) {
  const { findModel, serviceNames } = await import("@scorpiox/sxnet");
  return serviceNames().includes(provider) ? findModel(provider, model, settings) : undefined;
}
