import { randomUUID } from "node:crypto";
import type { Approval, ToolUseBlock } from "@scorpiox/sxnet";
import { colorDecision, ExitCode, type Io, signalExitCode } from "@scorpiox/sxutil";
import pc from "picocolors";
import type { TurnEnd } from "../agent.js";
import type { SxArgs } from "../args.js";
import { startDeadline } from "../deadline.js";
import { describeFailure, Interrupted } from "../failure.js";
import { openAgent, type OpenedAgent, openWorkspace } from "../open-agent.js";
import { shortId } from "../sessions/find-session.js";
import { recordTurn } from "../sessions/record-turn.js";
import { openRunSession } from "../sessions/run-session.js";
import type { Session } from "../sessions/session.js";
import type { SxTool } from "../tools/tool-context.js";
import { askApproval } from "../ui/approval-question.js";
import { LineDisplay } from "../ui/line-display.js";
import { TerminalLines } from "../ui/terminal-lines.js";
import { cleanText } from "../ui/terminal-text.js";
import { usageLine } from "../usage-line.js";

/**
 * A conversation by lines at a terminal. Ctrl+C stops the turn, at the prompt it clears the line; Ctrl+D leaves. A
 * trailing backslash continues the line.
 */
export async function runLineChat(args: Extract<SxArgs, { kind: "run" }>, io: Io): Promise<number> {
  const { stdin, stdout, signal } = io;
  const lines = new TerminalLines({ stdin, stdout, signal, terminal: io.env["TERM"] });
  const color = colorDecision({ flag: args.options.color, env: io.env, isTTY: true });
  const colors = pc.createColors(color);
  let opened: OpenedAgent | undefined;
  let session: Session | undefined;
  try {
    let display: LineDisplay | undefined;
    const ask = async (call: ToolUseBlock, tool: SxTool): Promise<Approval> => {
      display?.asked(call);
      const approval = await askApproval(call, tool, {
        write: (text) => void stdout.write(text),
        read: (mark) => lines.question(mark),
        colors,
      });
      await session?.append({ kind: "approval", toolId: call.id, toolName: call.name, allowed: approval.allowed });
      return approval;
    };
    const early: string[] = [];
    const warn = (line: string): void => {
      if (display === undefined) early.push(line);
      else display.note(line, "warning");
    };
    const cwd = await openWorkspace(io.cwd, args.options.cwd);
    session = await openRunSession({ options: args.options, io, cwd, warn });
    const sessionId = session?.id ?? randomUUID();
    const history = session?.resumed === true ? session.messages : undefined;
    opened = await openAgent({ options: args.options, io, defaultMode: "ask", ask, sessionId, history, warn });
    const { header, tools, secrets, warnings } = opened;
    display = new LineDisplay({
      write: (text) => void stdout.write(text),
      secrets,
      color,
      columns: () => stdout.columns ?? 80,
      tools,
      showText: true,
    });
    display.note(`sx · ${header.provider} · ${header.model} · approvals: ${header.approvalMode} · ${header.cwd}`);
    display.note("Enter sends, \\ at the end of a line continues it, Ctrl+C stops the turn, Ctrl+D leaves");
    for (const warning of [...warnings, ...early]) display.note(warning, "warning");
    session?.begin({ ...header, mask: (text) => secrets.redact(text) });
    if (session?.resumed === true) {
      display.note(
        `going on with session ${shortId(session.id)}: ${session.title} · ${session.messages.length} messages`,
      );
    }
    for (let prompt = args.prompt; !io.signal.aborted && !lines.interrupted; prompt = undefined) {
      const text = prompt ?? (await readPrompt(lines, colors));
      if (text === undefined) break;
      if (text.trim() === "") continue;
      if (prompt !== undefined) stdout.write(`${colors.bold(">")} ${cleanText(prompt)}\n`);
      const end = await oneTurn(opened, text, display, lines, io, args.options.timeout, session);
      display.finish();
      if (end.failure?.code === "cancelled") display.note("stopped", "warning");
      else if (end.failure !== undefined) display.note(end.failure.message, "error");
      if (end.takenBack) display.note("what was refused is taken back: the conversation goes on without it", "warning");
      if (end.turns > 0) display.note(usageLine(end));
    }
    if (io.signal.aborted) return describeFailure(io.signal.reason, Date.now()).exitCode;
    return lines.interrupted ? signalExitCode("SIGINT") : ExitCode.ok;
  } finally {
    lines.close();
    await session?.close();
    await opened?.close();
  }
}

async function oneTurn(
  { agent, header }: OpenedAgent,
  text: string,
  display: LineDisplay,
  lines: TerminalLines,
  io: Io,
  timeoutS: number | undefined,
  session: Session | undefined,
): Promise<TurnEnd> {
  const interrupt = new AbortController();
  const forward = (): void => interrupt.abort(io.signal.reason);
  io.signal.addEventListener("abort", forward, { once: true });
  const deadline = startDeadline(interrupt.signal, timeoutS);
  const restore = lines.beginTurn(() => interrupt.abort(new Interrupted()));
  try {
    const batches = recordTurn(agent, [{ type: "text", text }], deadline.signal, session, header);
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
    const line = await lines.prompt(colors.bold(mark));
    if (line === undefined) return text === "" ? undefined : text;
    if (!line.endsWith("\\")) return text + line;
    text += `${line.slice(0, -1)}\n`;
  }
}
