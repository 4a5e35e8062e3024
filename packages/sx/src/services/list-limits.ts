import type { Limits, LimitWindow } from "@scorpiox/sxnet";
import type { Io } from "@scorpiox/sxutil";
import { readSeenLimits } from "./limits-memory.js";
import { type Services, whyNot } from "./open-services.js";

/** What is known of one service's limits. */
export interface ServiceLimits {
  readonly provider: string;
  /** `service`: as of now; `answer`: as an answer told at `seenAtMs`; `none`: nothing is known, and `why` says why. */
  readonly from: "service" | "answer" | "none";
  readonly seenAtMs?: number;
  readonly why?: string;
  /** The binding window first. */
  readonly limits?: Limits;
}

/** The limits of every service that is set up, side by side. */
export function listLimits(services: Services, io: Io): Promise<readonly ServiceLimits[]> {
  return Promise.all(services.names.map((name) => limitsOf(name, services, io)));
}

async function limitsOf(provider: string, services: Services, io: Io): Promise<ServiceLimits> {
  const signal = services.signal();
  let why = "it tells its limits with its answers; ask it something first";
  try {
    const limits = await (await services.open(provider)).readLimits?.({ signal });
    if (limits !== undefined) return { provider, from: "service", limits: bindingFirst(limits) };
  } catch (error) {
    io.signal.throwIfAborted();
    why = whyNot(error, signal);
  }
  const seen = await readSeenLimits(io, provider);
  if (seen === undefined) return { provider, from: "none", why };
  return { provider, from: "answer", seenAtMs: seen.seenAtMs, limits: bindingFirst(seen.limits) };
}

/** The window that ends first comes first: the fullest one; of equally full ones the one that opens again last. */
export function bindingFirst(limits: Limits): Limits {
  const later = (a: LimitWindow, b: LimitWindow): number => (b.resetsAtMs ?? 0) - (a.resetsAtMs ?? 0);
  return { ...limits, windows: [...limits.windows].sort((a, b) => b.usedPercent - a.usedPercent || later(a, b)) };
}
