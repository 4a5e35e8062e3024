import type { Limits, ToolLoopEvent } from "@scorpiox/sxnet";
import type { Io } from "@scorpiox/sxutil";
import { LimitsMemory, readSeenLimits } from "../services/limits-memory.js";
import { bindingFirst } from "../services/list-limits.js";

/** How much of a plan is used, as its service told last: in this run, or at the end of an earlier one. */
export class PlanLimits {
  readonly #io: Pick<Io, "env" | "home">;
  readonly #isKept: boolean;
  #memory: LimitsMemory;
  #current: Limits | undefined;

  /** @param isKept whether the next run may know of it */
  constructor(io: Pick<Io, "env" | "home">, provider: string, isKept: boolean) {
    this.#io = io;
    this.#isKept = isKept;
    this.#memory = new LimitsMemory(provider);
  }

  /** The binding window first. */
  get current(): Limits | undefined {
    return this.#current;
  }

  /** Another service answers. What it told an earlier run holds while its windows last. */
  async enter(provider: string, nowMs: number): Promise<void> {
    this.#memory = new LimitsMemory(provider);
    this.#current = undefined;
    const seen = await readSeenLimits(this.#io, provider);
    const windows = seen?.limits.windows.filter(({ resetsAtMs }) => resetsAtMs !== undefined && resetsAtMs > nowMs);
    if (this.#current !== undefined || seen === undefined || windows === undefined || windows.length === 0) return;
    this.#current = bindingFirst({ ...seen.limits, windows });
  }

  see(event: ToolLoopEvent): void {
    if (event.type !== "limits" && event.type !== "route") return;
    this.#memory.see(event);
    if (event.type === "limits") this.#current = bindingFirst(event.limits);
  }

  /** After a turn. Never rejects. */
  async save(nowMs: number): Promise<void> {
    if (this.#isKept) await this.#memory.save(this.#io, nowMs);
  }
}
