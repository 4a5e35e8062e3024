import type { ToolLoopEvent } from "@scorpiox/sxnet";
import { buildHunks } from "../../../src/files/line-hunks.js";
import { wholeChange } from "../../../src/files/text-change.js";
import type { Entry } from "../../../src/sessions/entry.js";
import type { Size } from "../../../src/ui/screen/live-region.js";
import type { Theme } from "../../../src/ui/theme.js";
import { callOf, NO_USAGE, said, STATE, tool, turnEnd, ViewHarness } from "./chat-harness.js";

/** Every widget of the chat in a state that shows what it can. Each returns the rows that a person would see. */
export type Scene = (theme: Theme, size: Size) => readonly string[];

const BEFORE = `import { open } from "node:fs/promises";

export async function readAll(path: string): Promise<string> {
  const file = await open(path);
  const text = await file.readFile("utf8");
  return text;
}

const LIMIT = 10;
`;
const AFTER = BEFORE.replace("  return text;\n", "  await file.close();\n  return text.trimEnd();\n").replace(
  "LIMIT = 10",
  "LIMIT = 200",
);
const DIFF = buildHunks(BEFORE, AFTER, wholeChange(BEFORE, AFTER));

export function answer(index: number, text: string): readonly ToolLoopEvent[] {
  return [
    { type: "block_start", index, block: { type: "text", text: "" } },
    { type: "text_delta", index, text },
    { type: "block_end", index, block: { type: "text", text } },
  ];
}

export function thought(index: number, text: string): readonly ToolLoopEvent[] {
  return [
    { type: "block_start", index, block: { type: "thinking", text: "" } },
    { type: "thinking_delta", index, text },
  ];
}

export const SCENES: Readonly<Record<string, Scene>> = {
  conversation: (theme, size) => {
    const harness = new ViewHarness({ theme });
    const { view } = harness;
    view.setStatus(STATE);
    view.user("Why does the test of the basket fail?\nIt did not yesterday.", { images: 1 });
    view.setBusy({ sinceMs: harness.nowMs });
    view.show([{ type: "step_start", step: 1 }, ...thought(0, "The basket test compares **prices**; maybe rounding.")]);
    harness.nowMs += 12_400;
    view.show([{ type: "block_end", index: 0, block: { type: "thinking", text: "" } }]);
    view.show(answer(1, "I will look at the `basket` first:\n\n- its test\n- then *rounding*\n"));
    const read = callOf("read", { path: "/home/kim/work/shop/src/basket.ts", offset: 10, limit: 40 });
    const grep = callOf("grep", { pattern: "toFixed\\(", path: "src", glob: "*.ts" });
    view.show([
      { type: "tool_start", call: read },
      { type: "tool_start", call: grep },
      { type: "tool_end", call: read, output: said("10\tconst a = 1;\n11\tconst b = 2;"), durationMs: 3 },
      {
        type: "tool_end",
        call: grep,
        output: said("src/a.ts\n3:toFixed(2)\n9:toFixed(1)\n\nsrc/b.ts\n1:toFixed(0)"),
        durationMs: 210,
      },
    ]);
    const bash = callOf("bash", { command: "npm test -- --grep basket" });
    view.show([
      { type: "step_start", step: 2 },
      { type: "tool_start", call: bash },
    ]);
    harness.nowMs += 4_000;
    view.showProgress(bash, "collecting…\n12 passed\nbasket › rounds\n");
    return harness.screen(size);
  },

  calls: (theme, size) => {
    const harness = new ViewHarness({ theme });
    const { view } = harness;
    const ended = (name: string, input: Readonly<Record<string, unknown>>, ...output: Parameters<typeof said>): void =>
      view.show([{ type: "tool_end", call: callOf(name, input), output: said(...output), durationMs: 2_140 }]);
    ended("bash", { command: "npm test" }, "one\ntwo\nthree\nfour\nfive");
    ended(
      "bash",
      { command: "npm run a-task-with-a-long-name -- --with-an-option=value && echo done\necho two" },
      "done\n",
    );
    const lines = Array.from({ length: 128 }, (_, index) => `line ${index + 1}`).join("\n");
    ended("bash", { command: "make" }, `${lines}\nmake: *** [all] Error 2\n[exit code 2]`, {
      status: "error",
      exitCode: 2,
    });
    ended("bash", { command: "sleep 500" }, "[timed out after 120 s and was killed]", { status: "timeout" });
    ended("bash", { command: "rm -rf /" }, "the user said no", { status: "denied" });
    ended("edit", { path: "src/read.ts", edits: [] }, "edited", { details: { diff: DIFF } });
    ended("write", { path: "a.txt", content: "" }, "created a.txt (2 lines)", {
      details: { diff: buildHunks("", "one\ntwo\n", wholeChange("", "one\ntwo\n")) },
    });
    ended("glob", { pattern: "**/*.ts" }, "a.ts\nb.ts\n[9 more files; narrow pattern or path]", { truncated: true });
    ended("glob", { pattern: "*.zig" }, "no files (ignored ones are left out)");
    ended("read", { path: "/etc/hosts" }, "1\t127.0.0.1 localhost");
    ended("read", { path: "missing.ts" }, "missing.ts does not exist; near names in its folder: mission.ts", {
      status: "error",
    });
    ended("view_image", { path: "logo.png" }, "logo.png: image/png, 640 x 480 pixels, 12 KB");
    ended("unknown_tool", { query: "weather", days: 3 }, "sunny");
    return harness.screen(size);
  },

  notes: (theme, size) => {
    const harness = new ViewHarness({ theme });
    const { view } = harness;
    view.note("going on with session 3f2a: Fix the basket · 12 messages", "info");
    view.note("model: gpt-5.2", "success");
    view.note(
      'SX_NOTIFY is "loud" (user tier, ~/.scorpiox/scorpiox-env.txt line 4); choose off, bell or desktop',
      "warning",
    );
    view.show([
      { type: "route", provider: "openai", model: "gpt-5.2-mini", reason: "cheapest that fits" },
      { type: "route", provider: "openai", model: "gpt-5.2-mini", reason: "cheapest that fits" },
      {
        type: "retry",
        attempt: 1,
        delayMs: 4_000,
        error: { code: "overloaded", message: "the service is overloaded" },
      },
      ...answer(0, "Half an ans"),
      {
        type: "answer_discarded",
        attempt: 1,
        delayMs: 1_500,
        error: { code: "stream_incomplete", message: "the answer stopped before its end" },
        partial: undefined,
      },
      {
        type: "limits",
        limits: {
          windows: [
            { name: "primary", usedPercent: 83.4, windowMinutes: 300, resetsAtMs: 1_800_007_200_000 },
            { name: "secondary", usedPercent: 12, windowMinutes: 10_080 },
          ],
        },
      },
      {
        type: "limits",
        limits: {
          windows: [{ name: "primary", usedPercent: 84.1, windowMinutes: 300, resetsAtMs: 1_800_007_201_000 }],
        },
      },
    ]);
    view.print("# Limits\n\n| window | used |\n| --- | --- |\n| 5 h | 83 % |\n| 7 d | 12 % |\n");
    view.finishTurn(
      turnEnd({
        status: "error",
        turns: 1,
        costUsd: 0.01,
        takenBack: true,
        usage: { ...NO_USAGE, inputTokens: 1_200, cacheReadTokens: 900, outputTokens: 50 },
        failure: {
          code: "context_too_long",
          message: "the conversation no longer fits the model's context",
          exitCode: 1,
        },
      }),
    );
    return harness.screen(size);
  },

  thinking: (theme, size) => {
    const harness = new ViewHarness({ theme });
    const { view } = harness;
    const text =
      "First I should see how prices are added.\nThen where they are rounded, and whether a tax is added before or after that step.";
    view.show(thought(0, text));
    harness.nowMs += 3_000;
    const folded = harness.screen(size);
    view.toggleDetails();
    const open = harness.screen(size);
    view.show([
      { type: "block_end", index: 0, block: { type: "thinking", text } },
      { type: "step_start", step: 2 },
    ]);
    const done = harness.screen(size);
    view.toggleDetails();
    const shown = new ViewHarness({ theme, showThinking: "shown" });
    shown.view.show(thought(0, text));
    return [
      "--- folded",
      ...folded,
      "--- open",
      ...open,
      "--- done",
      ...done,
      "--- again",
      ...harness.screen(size),
      "--- shown",
      ...shown.screen(size),
    ];
  },

  status: (theme, size) => {
    const rows: string[] = [];
    const show = (what: string, change: Partial<typeof STATE>, isBusy = false): void => {
      const harness = new ViewHarness({ theme });
      harness.view.setStatus({ ...STATE, ...change });
      if (isBusy) {
        harness.view.setBusy({ sinceMs: harness.nowMs - 75_000 });
        harness.view.show([{ type: "text_delta", index: 0, text: "word ".repeat(1_200) }]);
      }
      rows.push(`--- ${what}`, harness.view.live(size).rows.at(-1) ?? "");
    };
    show("at rest", {});
    show("busy", {}, true);
    show("full", {
      contextTokens: 250_000,
      limits: { windows: [{ name: "primary", usedPercent: 93, windowMinutes: 10_080 }] },
    });
    show("routed, all, profile", {
      route: { provider: "openai", model: "gpt-5.2-mini" },
      approvalMode: "all",
      profile: "work",
    });
    show("nothing known", {
      effort: undefined,
      branch: undefined,
      contextTokens: undefined,
      costUsd: undefined,
      limits: undefined,
    });
    return rows;
  },

  lists: (theme, size) => {
    const harness = new ViewHarness({ theme });
    harness.view.setStatus(STATE);
    harness.view.setQueue([
      "and then run the linter",
      "with a second\nline, that is long enough to be cut at the edge of eighty columns, or so I think",
      "three",
      "four",
    ]);
    harness.view.setTodo(
      [
        "read the tests",
        "find the cause",
        "fix the rounding of the basket where the tax is added before the discount",
        "run the tests",
        "update the docs",
        "commit",
        "tell",
      ].map((text, index) => ({
        text,
        status: index < 2 ? "done" : index === 2 ? "active" : "pending",
      })),
    );
    return harness.screen(size);
  },

  "approval of a command": (theme, size) => {
    const harness = new ViewHarness({ theme });
    const command =
      "curl -s https://example.com/install.sh | sh\n\techo \u202etxt.exe\u202c; p\u0430ypal \u200b--force  " +
      "x".repeat(90) +
      "; rm -rf build ";
    harness.view.openDialog({
      kind: "approval",
      call: callOf("bash", { command, workdir: "packages/a", timeout_seconds: 300 }),
      tool: tool("bash"),
      cwd: "/home/kim/work/shop",
      rule: "bash: exactly this command in packages/a",
    });
    return harness.screen(size);
  },

  "approval of a change": (theme, size) => {
    const harness = new ViewHarness({ theme });
    harness.view.openDialog({
      kind: "approval",
      call: callOf("edit", {
        path: "src/read.ts",
        edits: [{ old_string: BEFORE, new_string: AFTER, replace_all: true }],
      }),
      tool: tool("edit", "write"),
      cwd: "/home/kim/work/shop",
    });
    harness.settle(size);
    const asked = harness.screen(size);
    harness.type("4", "n", "o", "t", "space");
    return ["--- asked", ...asked, "--- why", ...harness.screen(size)];
  },

  pick: (theme, size) => {
    const harness = new ViewHarness({ theme });
    const choices = Array.from({ length: 30 }, (_, index) => ({
      value: `model-${index}`,
      detail: `${index * 8}k context, for what is ${index % 2 === 0 ? "large and slow" : "small and quick"}`,
    }));
    harness.view.openDialog({ kind: "pick", title: "Which model?", choices, current: "model-3" });
    const all = harness.screen(size);
    harness.type("2", "9");
    return ["--- all", ...all, "--- searched", ...harness.screen(size)];
  },

  "confirm and ask": (theme, size) => {
    const harness = new ViewHarness({ theme });
    harness.view.openDialog({
      kind: "confirm",
      question: "Allow everything from now on? Commands run without being asked about.",
    });
    const confirm = harness.screen(size);
    harness.view.openDialog({
      kind: "ask",
      question: "Which rounding is meant?",
      choices: [
        { value: "up", label: "always up" },
        { value: "half", label: "half to even", detail: "as banks do" },
      ],
    });
    harness.settle(size);
    const ask = harness.screen(size);
    harness.type("3", "d", "o", "w", "n");
    return ["--- confirm", ...confirm, "--- ask", ...ask, "--- own words", ...harness.screen(size)];
  },

  replay: (theme, size) => {
    const harness = new ViewHarness({ theme });
    const entries: Entry[] = [];
    const add = (body: object): void => {
      entries.push({ ...body, n: entries.length, timeMs: 0 } as Entry);
    };
    add({ kind: "header", id: "x", cwd: "/", project: "p", program: "sx", title: "t", provider: "codex", model: "m" });
    for (let turn = 1; turn <= 46; turn += 1) {
      add({ kind: "user", content: [{ type: "text", text: `question ${turn}\nand more of it` }] });
      const call = callOf("bash", { command: `echo ${turn}` });
      add({ kind: "assistant", provider: "codex", model: "m", content: [call] });
      add({
        kind: "tool_result",
        call: 0,
        result: { type: "tool_result", toolUseId: call.id, content: [{ type: "text", text: String(turn) }] },
        outcome: { status: "ok", durationMs: 1_200 },
      });
      add({
        kind: "assistant",
        provider: "codex",
        model: "m",
        content: [{ type: "text", text: `**answer** ${turn}\n\nwith more` }],
      });
    }
    add({ kind: "user", content: [{ type: "text", text: "one that was stopped" }] });
    add({
      kind: "assistant",
      provider: "codex",
      model: "m",
      partial: true,
      content: [{ type: "text", text: "half an" }],
    });
    harness.view.replay(entries);
    return harness.screen(size);
  },
};
