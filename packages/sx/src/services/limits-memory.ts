import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Limits, LimitWindow, ToolLoopEvent } from "@scorpiox/sxnet";
import { type Io, scorpioxHome, writeFileAtomic } from "@scorpiox/sxutil";

/**
 * The windows that a service told with its last answer, for those that tell them nowhere else. Kept at the end of a
 * run; a convenience, so no failure here is anybody's problem.
 */
export interface SeenLimits {
  readonly seenAtMs: number;
  readonly limits: Limits;
}

/** Follows the events of a run. `provider` answers until a `route` event says otherwise. */
export class LimitsMemory {
  readonly #seen = new Map<string, Limits>();
  #provider: string;

  constructor(provider: string) {
    this.#provider = provider;
  }

  see(event: ToolLoopEvent): void {
    if (event.type === "route") this.#provider = event.provider;
    if (event.type === "limits") this.#seen.set(this.#provider, event.limits);
  }

  /** The last windows of whoever answers now. */
  get current(): Limits | undefined {
    return this.#seen.get(this.#provider);
  }

  async save(io: Pick<Io, "env" | "home">, nowMs: number): Promise<void> {
    for (const [provider, limits] of this.#seen) {
      try {
        const path = pathOf(io, provider);
        await mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
        await writeFileAtomic(path, `${JSON.stringify({ seenAtMs: nowMs, limits })}\n`, { mode: 0o600 });
      } catch {
        // A full disk or a read-only home: the next run tells them again.
      }
    }
    this.#seen.clear();
  }
}

export async function readSeenLimits(io: Pick<Io, "env" | "home">, provider: string): Promise<SeenLimits | undefined> {
  try {
    const { seenAtMs, limits } = JSON.parse(await readFile(pathOf(io, provider), "utf8")) as Partial<SeenLimits>;
    if (!isMoment(seenAtMs) || !Array.isArray(limits?.windows)) return undefined;
    return { seenAtMs, limits: { ...limits, windows: limits.windows.filter(isWindow) } };
  } catch {
    // Nothing was kept, or nothing that can be read.
    return undefined;
  }
}

function isWindow(value: unknown): value is LimitWindow {
  const { name, usedPercent, windowMinutes = 0, resetsAtMs = 0 } = (value ?? {}) as Partial<LimitWindow>;
  return (
    typeof name === "string" &&
    typeof usedPercent === "number" &&
    typeof windowMinutes === "number" &&
    isMoment(resetsAtMs)
  );
}

/** That a `Date` can hold. */
function isMoment(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= 8.64e15;
}

function pathOf(io: Pick<Io, "env" | "home">, provider: string): string {
  return join(scorpioxHome(io.env, io.home), "cache", `limits-${provider}.json`);
}
