/** What became of a signal: nobody there any more, or somebody who is not ours. */
export type SignalOutcome = "sent" | "gone" | "denied";

/**
 * Sends a signal to a process, or with a negative `pid` to a whole process group; signal 0 only asks. Never throws.
 * A group can be reached in no other way than through the process object: nothing else of it is used.
 */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): SignalOutcome {
  // To the system 0 is our own process group.
  if (pid === 0) return "gone";
  try {
    // oxlint-disable-next-line no-restricted-globals
    process.kill(pid, signal);
    return "sent";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? "denied" : "gone";
  }
}
