import type { ToolOutput, ToolStatus } from "@scorpiox/sxnet";
import type { CapturedOutput } from "./output-capture.js";
import { binaryKind, readableText } from "./output-text.js";
import type { TreeEnd, TreeMember } from "./process-tree.js";
import type { ShellOutcome, ShellResult } from "./shell-run.js";

/** More processes than these are counted, not named. */
const MAX_NAMED = 8;

/**
 * What the model is told: the output, then in brackets, on lines of their own, everything that is ours to say. The
 * last of these lines is always ours, so that a program cannot have the last word about how it ended.
 */
export function describeShellResult({ outcome, output }: ShellResult, timeoutMs: number): ToolOutput {
  const body = output === undefined ? "" : describeOutput(output);
  const notes = describeOutcome(outcome, output, timeoutMs);
  if (body === "" && notes.length === 0) notes.push("no output");
  const text = [body, ...notes.map((note) => `[${note}]`)].filter((part) => part !== "").join("\n");
  const exitCode = outcome.kind === "ended" || outcome.kind === "background" ? outcome.exitCode : undefined;
  return {
    content: [{ type: "text", text }],
    status: statusOf(outcome),
    truncated: (output?.omittedBytes ?? 0) > 0,
    ...(exitCode === undefined ? {} : { exitCode }),
    details: {
      outcome: outcome.kind,
      outputBytes: output?.bytes ?? 0,
      outputLines: output?.lines ?? 0,
      ...(output?.path === undefined ? {} : { outputPath: output.path }),
      ...("processes" in outcome ? { processes: outcome.processes } : {}),
      ...("survivors" in outcome ? { survivors: outcome.survivors, verified: outcome.verified } : {}),
    },
  };
}

function statusOf(outcome: ShellOutcome): ToolStatus {
  switch (outcome.kind) {
    case "ended":
    case "background":
      return outcome.exitCode === 0 ? "ok" : "error";
    case "signalled":
      return "error";
    case "timed_out":
      return "timeout";
    case "cancelled":
      return "cancelled";
    default:
      return outcome satisfies never;
  }
}

function describeOutput(output: CapturedOutput): string {
  const kind = binaryKind(output.start);
  if (kind !== undefined) {
    const place = output.path === undefined ? "send it to a file to use it" : describeFile(output);
    return `[binary output not shown: ${kind}, ${output.bytes} bytes; ${place}]`;
  }
  const head = trimEnd(readableText(output.head));
  if (output.tail === undefined) return head;
  const cut = `${output.omittedBytes} of ${output.bytes} bytes and ${output.omittedLines} of ${output.lines} lines left out`;
  return `${head}\n[${cut}; ${describeFile(output)}]\n${trimEnd(readableText(output.tail))}`;
}

function describeFile({ path, storedBytes, bytes, spillFailure }: CapturedOutput): string {
  if (path === undefined) return `it could not be kept in a file (${spillFailure ?? "no scratch folder"})`;
  if (storedBytes >= bytes) return `all of it is in ${path}`;
  const reason = spillFailure === undefined ? "" : ` (${spillFailure})`;
  return `the first ${storedBytes} bytes are in ${path}${reason}`;
}

/** One newline at the end says nothing; more may be part of what was printed. */
function trimEnd(text: string): string {
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

function describeOutcome(outcome: ShellOutcome, output: CapturedOutput | undefined, timeoutMs: number): string[] {
  switch (outcome.kind) {
    case "ended":
      return outcome.exitCode === 0 ? [] : [`exit code ${outcome.exitCode}`];
    case "signalled":
      return [`ended by ${outcome.signal}`];
    case "background": {
      const place = output?.path === undefined ? "" : `; what it prints from now on is added to ${output.path}`;
      return [
        `still running in the background until sx ends: ${nameAll(outcome.processes)}${place}`,
        `exit code ${outcome.exitCode}`,
      ];
    }
    case "timed_out":
      return [
        `timed out after ${timeoutMs / 1_000} s and was killed; ${describeEnd(outcome)}; it gets no input: if it waited for some, pass it in the command`,
      ];
    case "cancelled":
      return [`cancelled and killed; ${describeEnd(outcome)}`];
    default:
      return outcome satisfies never;
  }
}

function describeEnd({ survivors, verified }: TreeEnd): string {
  if (survivors.length > 0) return `could not be ended: ${nameAll(survivors)}`;
  return verified ? "nothing of it is left" : "whether something of it is left cannot be seen on this system";
}

function nameAll(processes: readonly TreeMember[]): string {
  if (processes.length === 0) return "an unknown process that holds its output open";
  const named = processes.slice(0, MAX_NAMED).map(({ pid, command }) => {
    const name = readableText(Buffer.from(command, "latin1")).replaceAll("\n", " ");
    return name === "" ? `pid ${pid}` : `pid ${pid} (${name})`;
  });
  const more = processes.length - named.length;
  return named.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
