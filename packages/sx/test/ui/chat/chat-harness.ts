import type { ToolOutput, ToolUseBlock } from "@scorpiox/sxnet";
import { onTestFinished } from "vitest";
import type { TurnEnd } from "../../../src/agent.js";
import type { ChatState } from "../../../src/chat/slash-command.js";
import { KnownSecrets } from "../../../src/known-secrets.js";
import type { SxTool } from "../../../src/tools/tool-context.js";
import { ChatView, type ChatViewOptions } from "../../../src/ui/chat/chat-view.js";
import type { Key } from "../../../src/ui/keys/key.js";
import { LiveRegion, type Size } from "../../../src/ui/screen/live-region.js";
import { createTheme } from "../../../src/ui/theme.js";
import { openVirtualTerminal } from "../../terminal/virtual-terminal.js";

export const SECRET = "sk-live-0123456789abcdef";
export const PLAIN = createTheme({ color: false, background: "unknown", hyperlinks: false });
export const COLORED = createTheme({ color: true, background: "dark", hyperlinks: false });
export const NO_USAGE = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

/** How a turn ended: well, unless told otherwise. */
export function turnEnd(change: Partial<TurnEnd> = {}): TurnEnd {
  return {
    status: "success",
    text: "",
    failure: undefined,
    stopReason: "end_turn",
    turns: 0,
    usage: NO_USAGE,
    costUsd: undefined,
    answeredBy: undefined,
    denials: [],
    partial: undefined,
    takenBack: false,
    ...change,
  };
}

export const STATE: ChatState = {
  model: "gpt-5.2-codex",
  providerName: "codex",
  route: undefined,
  effort: "high",
  approvalMode: "ask",
  branch: "main",
  contextTokens: 34_000,
  contextWindow: 272_000,
  usage: NO_USAGE,
  costUsd: 0.1234,
  limits: { windows: [{ name: "primary", usedPercent: 41.6, windowMinutes: 300 }] },
  profile: undefined,
  isBusy: false,
};

/** A tool that is only looked at. */
export function tool(name: string, access: SxTool["access"] = "execute"): SxTool {
  return {
    name,
    description: "",
    inputSchema: {},
    access,
    run: () => Promise.resolve(""),
    summary: (input) => JSON.stringify(Object.values(input)[0] ?? ""),
  };
}

const TOOLS = [
  tool("bash"),
  tool("edit", "write"),
  tool("glob", "read"),
  tool("grep", "read"),
  tool("read", "read"),
  tool("view_image", "read"),
  tool("write", "write"),
];

export function callOf(name: string, input: Readonly<Record<string, unknown>>): ToolUseBlock {
  return { type: "tool_use", id: `call-${name}`, name, input };
}

export function said(text: string, more: Omit<ToolOutput, "content"> = {}): ToolOutput {
  return { content: [{ type: "text", text }], ...more };
}

export function keyOf(name: string, text?: string): Key {
  const plain = name.length === 1 ? name : undefined;
  const typed = text ?? plain;
  const ctrl = name.startsWith("ctrl+");
  return {
    name: ctrl ? name.slice(5) : name,
    ctrl,
    alt: false,
    shift: false,
    ...(typed === undefined || ctrl ? {} : { text: typed }),
  };
}

/** A view with a clock that stands still until it is moved. */
export class ViewHarness {
  nowMs = 10_000;
  readonly view: ChatView;

  constructor(options: Partial<ChatViewOptions> = {}) {
    this.view = new ChatView({
      theme: PLAIN,
      secrets: new KnownSecrets([SECRET]),
      tools: TOOLS,
      home: "/home/kim",
      cwd: "/home/kim/work/shop",
      nowMs: () => this.nowMs,
      epochMs: () => 1_800_000_000_000,
      animate: true,
      showThinking: "folded",
      ...options,
    });
  }

  /** All that a person would see: what is finished, then what is live. */
  screen(size: Size): readonly string[] {
    return [...this.view.takeFinished(size), ...this.view.live(size).rows];
  }

  type(...names: readonly string[]): ReturnType<ChatView["handleDialogKey"]> {
    let answer: ReturnType<ChatView["handleDialogKey"]>;
    for (const name of names) answer = this.view.handleDialogKey(keyOf(name));
    return answer;
  }

  /** Draws the dialog and waits until keys are meant for it. */
  settle(size: Size = { columns: 80, rows: 24 }): void {
    this.view.takeFinished(size);
    this.view.live(size);
    this.nowMs += 301;
  }
}

/** A view on a terminal that exists only in memory. The prompt below it stands for the editor. */
export class TerminalHarness {
  readonly terminal: ReturnType<typeof openVirtualTerminal>;
  readonly region: LiveRegion;
  size: Size;
  bytes = 0;
  readonly #view: ChatView;

  constructor(view: ChatView, size: Size) {
    this.#view = view;
    this.size = size;
    this.terminal = openVirtualTerminal(size.columns, size.rows);
    onTestFinished(() => this.terminal.dispose());
    this.region = new LiveRegion(size);
  }

  async paint(): Promise<void> {
    const finished = this.#view.takeFinished(this.size);
    const { rows, cursor } = this.#view.live(this.size);
    const live = this.#view.hasDialog ? rows : [...rows, "> "];
    const at = this.#view.hasDialog ? cursor : { row: rows.length, column: 2 };
    const out = this.region.draw({ finished, live, cursor: at });
    this.bytes += Buffer.byteLength(out);
    if (out !== "") await this.terminal.write(out);
  }

  resize(size: Size): void {
    this.size = size;
    this.terminal.resize(size.columns, size.rows);
    this.region.resize(size);
  }
}
