import type { CompactionReport } from "./compact.js";

/** Whether the note of a revision is that of a compaction. */
export function isCompactionReport(note: unknown): note is CompactionReport {
  return typeof note === "object" && note !== null && "method" in note && "tokensAfter" in note;
}

/** One line for people: what became of the conversation, and why. */
export function describeCompaction(report: CompactionReport): string {
  const { method, reason, summarised, droppedOutputs, tokensBefore, tokensAfter, problem } = report;
  const why = {
    asked: "",
    nearly_full: "the model's window was nearly full: ",
    refused: "the service found the conversation too long: ",
  }[reason];
  const outputs = `${count(droppedOutputs, "tool output")} left out`;
  const done =
    method === "outputs_dropped"
      ? outputs
      : `${count(summarised, "message")} summarised${droppedOutputs === 0 ? "" : `, ${outputs}`}`;
  const sizes = `about ${tokensBefore} tokens before, ${tokensAfter} after`;
  return `${why}${done} (${sizes})${problem === undefined ? "" : `; ${problem}`}`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}
