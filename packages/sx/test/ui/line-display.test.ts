import type { ToolLoopEvent, ToolUseBlock } from "@scorpiox/sxnet";
import { expect, test } from "vitest";
import { KnownSecrets } from "../../src/known-secrets.js";
import type { SxTool } from "../../src/tools/tool-context.js";
import { cellWidth } from "../../src/ui/cell-width.js";
import { LineDisplay } from "../../src/ui/line-display.js";

const SECRET = "sk-test-0123456789abcdef";

const bash: SxTool = {
  name: "bash",
  description: "",
  inputSchema: { type: "object" },
  access: "execute",
  readOnly: false,
  run: () => Promise.resolve(""),
  summary: (input) => String(input["command"]),
};

/** What stands on a screen of 40 columns after these events. */
function shown(events: readonly ToolLoopEvent[]): string {
  let screen = "";
  const display = new LineDisplay({
    write: (text) => {
      screen += text;
    },
    secrets: new KnownSecrets([SECRET]),
    color: false,
    columns: () => 40,
    tools: [bash],
    showText: true,
  });
  for (const event of events) display.show([event]);
  display.finish();
  return screen;
}

const call = (command: string): ToolUseBlock => ({ type: "tool_use", id: "c", name: "bash", input: { command } });
const ended = (command: string, text: string, exitCode = 0): ToolLoopEvent => ({
  type: "tool_end",
  call: call(command),
  output: { status: exitCode === 0 ? "ok" : "error", exitCode, content: [{ type: "text", text }] },
  durationMs: 100,
});

test.each(["日本語のとても長い行です。これは端末の幅を超えるはずです。", "x".repeat(500), "👩‍👩‍👧‍👦".repeat(60)])(
  "no line is wider than the window: %s",
  (long) => {
    const lines = shown([{ type: "tool_start", call: call(long) }, ended(long, long)]).split("\n");
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(cellWidth(line)).toBeLessThan(40);
  },
);

test("a secret is hidden before its line is cut", () => {
  for (let pad = 0; pad < 40; pad += 1) {
    const text = `${"y".repeat(pad)}${SECRET}`;
    expect(shown([{ type: "tool_start", call: call(text) }, ended(text, text)])).not.toContain("sk-t");
  }
});

test("a secret in pieces is hidden, and the rest of a held piece is shown", () => {
  const pieces = ["it is sk-te", "st-0123456789ab", "cdef and sk-te"];
  const events = pieces.map((text): ToolLoopEvent => ({ type: "text_delta", index: 0, text }));
  expect(shown(events)).toBe("it is [redacted] and sk-te\n");
});

test("a warning is one line, whatever it quotes", () => {
  const error = { code: "overloaded", message: "a\nb\u001b[2J" } as const;
  expect(shown([{ type: "retry", attempt: 1, delayMs: 1000, error }])).toBe("a b; trying again in 1.0 s\n");
});

test("an exit code is said once", () => {
  expect(shown([ended("false", "[exit code 1]", 1)])).toBe("  ✗ exit 1, 0.1 s\n");
});

test("an open escape sequence does not swallow the next text", () => {
  const block = { type: "text", text: "a" } as const;
  const events: readonly ToolLoopEvent[] = [
    { type: "text_delta", index: 0, text: "a\u001b]0;title" },
    { type: "block_end", index: 0, block },
    { type: "text_delta", index: 1, text: "b" },
  ];
  expect(shown(events)).toBe("a\nb\n");
});
