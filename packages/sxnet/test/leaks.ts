import { getEventListeners } from "node:events";
import { setImmediate } from "node:timers/promises";
import { expect } from "vitest";

/** What a piece of work may leave behind: timers and sockets of this process, and listeners on the signal. */
function census(signal: AbortSignal): Readonly<Record<string, number>> {
  const counts: Record<string, number> = { listeners: getEventListeners(signal, "abort").length };
  for (const resource of process.getActiveResourcesInfo()) {
    if (/^(Timeout|TCPSocketWrap|TCPWRAP|ConnectWrap)$/i.test(resource)) counts[resource] = (counts[resource] ?? 0) + 1;
  }
  return counts;
}

/**
 * Runs `work` and sees that nothing of it stays. Connections close a few event-loop turns after whoever used them is
 * done, so this waits for the turn in which all is gone, within bounds.
 */
export async function expectNothingLeft(signal: AbortSignal, work: () => Promise<unknown>): Promise<void> {
  const before = census(signal);
  await work();
  const deadlineMs = performance.now() + 5000;
  let after = census(signal);
  while (!isWithin(after, before) && performance.now() < deadlineMs) {
    await setImmediate();
    after = census(signal);
  }
  expect(after).toEqual(expect.objectContaining({ listeners: before["listeners"] }));
  expect(isWithin(after, before), JSON.stringify({ before, after })).toBe(true);
}

function isWithin(after: Readonly<Record<string, number>>, before: Readonly<Record<string, number>>): boolean {
  return Object.entries(after).every(([name, count]) => count <= (before[name] ?? 0));
}
