import {
  findModel,
  type Message,
  type Provider,
  ProviderError,
  type ReviseContext,
  type Revision,
  serviceNames,
  type Settings,
  type Usage,
} from "@scorpiox/sxnet";
import { parseBoolean } from "@scorpiox/sxutil";
import type { SxTool } from "../tools/tool-context.js";
import { type Compaction, type CompactionReason, type CompactionReport, compact } from "./compact.js";
import { ContextFill } from "./context-fill.js";
import { textTokens } from "./estimate.js";

const DEFAULT_PERCENT = 80;
/** After a compaction the next one waits until that part of the window has been added, so that none follows another. */
const LEAST_GROWTH = 0.1;

export interface CompactorOptions {
  readonly settings: Settings;
  /** System prompt and tools, which take room as well. */
  readonly system: string | undefined;
  readonly tools: readonly SxTool[];
  /** Texts that no compaction may change: pinned notes, the list of tasks. */
  readonly pinned?: (() => readonly string[]) | undefined;
}

/** Who answers now. */
export interface CompactorTarget {
  readonly provider: Provider;
  readonly model: string;
  /** The service behind a router, when it has told. */
  readonly route: { readonly provider: string; readonly model: string } | undefined;
}

/** Watches how full the window is, and makes the conversation shorter in time. One for each conversation. */
export class Compactor {
  readonly #options: CompactorOptions;
  readonly #fill: ContextFill;
  readonly #windows = new Map<string, number | undefined>();
  #nextAt = 0;

  constructor(options: CompactorOptions) {
    this.#options = options;
    const tools = options.tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
    this.#fill = new ContextFill(textTokens(options.system ?? "") + textTokens(JSON.stringify(tools)));
  }

  /** Tokens that a conversation takes: counted by the service, estimated where that has not seen it yet. */
  tokens(messages: readonly Message[]): number {
    return this.#fill.tokens(messages);
  }

  /** An answer came; `messages` is the conversation with it. */
  answered(usage: Usage, messages: readonly Message[]): void {
    this.#fill.answered(usage, messages);
  }

  /** Another conversation stands in the place of the one that was counted. */
  replaced(): void {
    this.#fill.replaced();
    this.#nextAt = 0;
  }

  /** Tokens of the whole window; `undefined` where nobody knows. */
  async window({ provider, model, route }: CompactorTarget): Promise<number | undefined> {
    const own = Number(this.#options.settings["CONTEXT_WINDOW"] || Number.NaN);
    if (Number.isFinite(own)) return own;
    const who = route ?? { provider: provider.name, model };
    const key = `${who.provider} ${who.model}`;
    if (!this.#windows.has(key)) this.#windows.set(key, await this.#look(who.provider, who.model));
    return this.#windows.get(key);
  }

  /** For the tool loop: a shorter conversation before the window is full, and when the service says that it is. */
  async revise(
    { messages, refused }: Pick<ReviseContext, "messages" | "refused">,
    target: CompactorTarget,
    signal: AbortSignal,
  ): Promise<(Revision & { readonly report: CompactionReport }) | undefined> {
    if (!this.#isAutomatic) return undefined;
    const known = await this.window(target);
    const tokens = this.#fill.tokens(messages);
    if (refused === undefined && (known === undefined || tokens < Math.max(this.#nextAt, this.#threshold(known)))) {
      return undefined;
    }
    // A service that refuses knows better than the table how large its window is.
    const window = refused === undefined ? (known ?? tokens) : Math.min(known ?? tokens, tokens);
    const made = await this.#compact(
      messages,
      target,
      window,
      refused === undefined ? "nearly_full" : "refused",
      signal,
    );
    // Not again with each step: only when much has been added.
    this.#nextAt = (made?.report.tokensAfter ?? tokens) + window * LEAST_GROWTH;
    return made === undefined ? undefined : { messages: made.messages, note: made.report, report: made.report };
  }

  /** Because a person asks for it. `undefined` when there is nothing that could become shorter. */
  async compact(
    messages: readonly Message[],
    target: CompactorTarget,
    focus: string | undefined,
    signal: AbortSignal,
  ): Promise<Compaction | undefined> {
    const window = (await this.window(target)) ?? this.#fill.tokens(messages);
    return this.#compact(messages, target, window, "asked", signal, focus);
  }

  async #compact(
    messages: readonly Message[],
    { provider, model }: CompactorTarget,
    window: number,
    reason: CompactionReason,
    signal: AbortSignal,
    focus?: string,
  ): Promise<Compaction | undefined> {
    const made = await compact(messages, {
      provider,
      model,
      window,
      reason,
      pinned: this.#options.pinned?.() ?? [],
      focus,
      measure: (some) => (some === messages ? this.#fill.tokens(some) : this.#fill.estimate(some)),
      signal,
    });
    if (made !== undefined) this.#fill.replaced();
    return made;
  }

  get #isAutomatic(): boolean {
    return parseBoolean(this.#options.settings["CONTEXT_AUTO_COMPACT"] ?? "1") !== false;
  }

  #threshold(window: number): number {
    const percent = Number(this.#options.settings["CONTEXT_COMPACT_PERCENT"] || DEFAULT_PERCENT);
    return (window * percent) / 100;
  }

  async #look(provider: string, model: string): Promise<number | undefined> {
    if (!serviceNames().includes(provider)) return undefined;
    try {
      return (await findModel(provider, model, this.#options.settings)).contextTokens;
    } catch (error) {
      // Whoever sends the request says what is wrong with the name.
      if (!ProviderError.is(error)) throw error;
      return undefined;
    }
  }
}
