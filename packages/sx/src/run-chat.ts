import { randomUUID } from "node:crypto";
import { createInterface, type Interface } from "node:readline";
import type { Approval, ToolUseBlock } from "@scorpiox/sxnet";
import { colorDecision, ExitCode, type Io, signalExitCode } from "@scorpiox/sxutil";
import pc from "picocolors";
import type { TurnEnd } from "./agent.js";
import type { SxArgs } from "./args.js";
import { startDeadline } from "./deadline.js";
import { describeFailure, Interrupted } from "./failure.js";
import { openAgent, type OpenedAgent } from "./open-agent.js";
import type { SxTool } from "./tools/tool-context.js";
import { LineDisplay } from "./ui/line-display.js";
import { cleanText } from "./ui/terminal-text.js";

/**
 * A conversation by lines at a terminal. Ctrl+C stops the turn, at the prompt it clears the line; Ctrl+D leaves. A
 * trailing backslash continues the line.
 */
export async function runChat(args: Extract<SxArgs, { kind: "run" }>, io: Io): Promise<number> {
  const lines = new TerminalLines(io);
  const color = colorDecision({ flag: args.options.color, env: io.env, isTTY: true });
  const colors = pc.createColors(color);
  let opened: OpenedAgent | undefined;
  try {
    const ask = (call: ToolUseBlock, tool: SxTool): Promise<Approval> => askPerson(lines, io, colors, call, tool);
    opened = await openAgent({ options: args.options, io, defaultMode: "ask", ask, sessionId: randomUUID() });
    const { agent, header, tools, redactor, warnings } = opened;
    const display = new LineDisplay({
      write: (text) => void io.stdout.write(redactor.redact(text)),
      color,
      columns: () => io.stdout.columns ?? 80,
      tools,
      showText: true,
    });
    display.note(`sx · ${header.provider} · ${header.model} · approvals: ${header.approvalMode} · ${header.cwd}`);
    display.note("Enter sends, \\ at the end of a line continues it, Ctrl+C stops the turn, Ctrl+D leaves");
    for (const warning of warnings) display.note(warning, "warning");
    for (let prompt = args.prompt; !io.signal.aborted; prompt = undefined) {
      const text = prompt ?? (await readPrompt(lines, colors));
      if (text === undefined) break;
      if (text.trim() === "") continue;
      if (prompt !== undefined) io.stdout.write(`${colors.bold(">")} ${cleanText(prompt)}\n`);
      const end = await oneTurn(agent, text, display, lines, io, args.options.timeout);
      display.finish();
      if (end.failure?.code === "cancelled") display.note("stopped", "warning");
      else if (end.failure !== undefined) display.note(end.failure.message, "error");
      display.note(summary(end));
    }
    if (io.signal.aborted) return describeFailure(io.signal.reason, Date.now()).exitCode;
    return lines.interrupted ? signalExitCode("SIGINT") : ExitCode.ok;
  } finally {
    lines.close();
    await opened?.close();
  }
}

async function oneTurn(
  agent: OpenedAgent["agent"],
  text: string,
  display: LineDisplay,
  lines: TerminalLines,
  io: Io,
  timeoutS: number | undefined,
): Promise<TurnEnd> {
  const interrupt = new AbortController();
  const forward = (): void => interrupt.abort(io.signal.reason);
  io.signal.addEventListener("abort", forward, { once: true });
  const deadline = startDeadline(interrupt.signal, timeoutS);
  const restore = lines.onInterrupt(() => interrupt.abort(new Interrupted()));
  try {
    const batches = agent.turn([{ type: "text", text }], deadline.signal);
    for (;;) {
      const step = await batches.next();
      if (step.done) return step.value;
      display.show(step.value);
    }
  } finally {
    restore();
    deadline.dispose();
    io.signal.removeEventListener("abort", forward);
  }
}

async function readPrompt(
  lines: TerminalLines,
  colors: ReturnType<typeof pc.createColors>,
): Promise<string | undefined> {
  let text = "";
  for (let mark = "> "; ; mark = "… ") {
    const line = await lines.ask(colors.bold(mark));
    if (line === undefined) return text === "" ? undefined : text;
    if (!line.endsWith("\\")) return text + line;
    text += `${line.slice(0, -1)}\n`;
  }
}

/** Shows exactly what would run and waits for one word. No answer is a no. */
async function askPerson(
  lines: TerminalLines,
  io: Io,
  colors: ReturnType<typeof pc.createColors>,
  call: ToolUseBlock,
  tool: SxTool,
): Promise<Approval> {
  const about = visible(tool.summary(call.input));
  io.stdout.write(
    `${colors.yellow("?")} ${colors.bold(call.name)} wants to ${tool.access === "write" ? "change" : "run"}: ${about}\n`,
  );
  const answer = await lines.ask(`  ${colors.bold("y")} yes · ${colors.bold("n")} no, or say why: `);
  const word = answer?.trim() ?? "";
  if (/^(y|yes)$/i.test(word)) return { allowed: true };
  const why = word === "" || /^(n|no)$/i.test(word) ? "" : `: ${word}`;
  return { allowed: false, reason: `the user said no${why}. Do not try other ways around this` };
}

/** Control and direction characters as escapes: what is shown is what would run. */
function visible(text: string): string {
  return text.replace(
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e007f}]/gu,
    (character) => {
      const code = character.codePointAt(0) ?? 0;
      return `\\u{${code.toString(16)}}`;
    },
  );
}

function summary(end: TurnEnd): string {
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = end.usage;
  const cost = end.costUsd === undefined ? "" : ` · $${end.costUsd.toFixed(4)}`;
  return `${inputTokens + cacheReadTokens + cacheWriteTokens} in (${cacheReadTokens} cached) · ${outputTokens} out${cost}`;
}

/** Lines from a terminal, and who hears Ctrl+C. */
class TerminalLines {
  readonly #reader: Interface;
  #interrupt: (() => void) | undefined;
  #answer: ((line: string | undefined) => void) | undefined;
  #closed = false;
  #presses = 0;
  /** True when the person left by Ctrl+C. */
  interrupted = false;

  constructor(io: Io) {
    this.#reader = createInterface({ input: io.stdin, output: io.stdout, terminal: true, historySize: 200 });
    this.#reader.on("line", (line) => this.#give(line));
    this.#reader.on("close", () => {
      this.#closed = true;
      this.#give(undefined);
    });
    this.#reader.on("SIGINT", () => this.#pressed(io));
    io.signal.addEventListener("abort", () => this.close(), { once: true });
  }

  /** One line, or `undefined` when the person left. */
  ask(mark: string): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    this.#reader.setPrompt(mark);
    this.#reader.prompt();
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  /** Sends Ctrl+C to a turn; the returned function gives it back to the prompt. */
  onInterrupt(hear: () => void): () => void {
    this.#interrupt = hear;
    return () => {
      this.#interrupt = undefined;
    };
  }

  close(): void {
    this.#reader.close();
  }

  #give(line: string | undefined): void {
    this.#presses = 0;
    const answer = this.#answer;
    this.#answer = undefined;
    answer?.(line);
  }

  #pressed(io: Io): void {
    if (this.#interrupt !== undefined) {
      this.#interrupt();
      // A question that was open is answered with silence, which means no.
      if (this.#answer !== undefined) io.stdout.write("\n");
      this.#give(undefined);
      return;
    }
    this.#presses += 1;
    if (this.#presses > 1) {
      this.interrupted = true;
      this.close();
      return;
    }
    io.stdout.write("\n(Ctrl+C again or Ctrl+D leaves)\n");
    // Drops what was typed and shows the prompt anew.
    this.#reader.write(null, { ctrl: true, name: "u" });
    this.#reader.prompt();
  }
}
