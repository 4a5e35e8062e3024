import { describe, expect, it } from "vitest";
import { buildHunks } from "../../../src/files/line-hunks.js";
import { wholeChange } from "../../../src/files/text-change.js";
import { callOf, NO_USAGE, said, turnEnd, ViewHarness } from "./chat-harness.js";
import { answer, thought } from "./scenes.js";

const SIZE = { columns: 80, rows: 24 };
it("hands each row out once", () => {
  const harness = new ViewHarness();
  harness.view.user("hello");
  harness.view.show(answer(0, "one\n\ntwo"));
  expect(harness.view.takeFinished(SIZE)).toEqual(["> hello", "", "one", "", "two"]);
  expect(harness.view.takeFinished(SIZE)).toEqual([]);
  expect(harness.view.live(SIZE).rows).toEqual([""]);
});

it("keeps the order of calls that run side by side, whichever ends first", () => {
  const harness = new ViewHarness();
  const { view } = harness;
  const [one, two] = [callOf("read", { path: "one" }), callOf("read", { path: "two" })];
  view.show([
    { type: "tool_start", call: one },
    { type: "tool_start", call: two },
    { type: "tool_end", call: two, output: said("1\tx"), durationMs: 1 },
  ]);
  expect(view.takeFinished(SIZE)).toEqual([]);
  expect(view.live(SIZE).rows).toEqual(["⠋ read one · 0 s", "✓ read two · 1 line", ""]);
  view.show([{ type: "tool_end", call: one, output: said("1\tx"), durationMs: 1 }]);
  expect(view.takeFinished(SIZE)).toEqual(["✓ read one · 1 line", "✓ read two · 1 line"]);
});

it("tells two calls with one id apart", () => {
  const { view } = new ViewHarness();
  const [one, two] = [callOf("bash", { command: "one" }), callOf("bash", { command: "two" })];
  view.show([
    { type: "tool_start", call: one },
    { type: "tool_start", call: two },
    { type: "tool_end", call: one, output: said("a"), durationMs: 1 },
    { type: "tool_end", call: two, output: said("b"), durationMs: 1 },
  ]);
  expect(view.takeFinished(SIZE)).toEqual(["✓ bash one", "    a", "✓ bash two", "    b"]);
});

it("shows that a call is being written, and then the call alone", () => {
  const harness = new ViewHarness();
  const { view } = harness;
  const call = callOf("write", { path: "a.txt", content: "x" });
  view.show([
    { type: "block_start", index: 0, block: { ...call, input: {} } },
    { type: "tool_input_delta", index: 0, json: "x".repeat(2_500) },
  ]);
  expect(view.live(SIZE).rows[0]).toBe("⠋ write writing 2.5 KB…");
  view.show([
    { type: "block_end", index: 0, block: call },
    { type: "tool_start", call },
  ]);
  expect(view.takeFinished(SIZE)).toEqual([]);
  expect(view.live(SIZE).rows).toEqual(["⠋ write a.txt · 0 s", ""]);
});

it("keeps what was seen of an answer that is asked for again", () => {
  const { view } = new ViewHarness();
  view.show([
    { type: "text_delta", index: 0, text: "first try" },
    {
      type: "answer_discarded",
      attempt: 1,
      delayMs: 900,
      error: { code: "stream_incomplete", message: "it stopped" },
      partial: undefined,
    },
    ...answer(0, "second try"),
  ]);
  expect(view.takeFinished(SIZE)).toEqual([
    "first try",
    "",
    "! the answer broke off (it stopped); asking again in 1 s",
    "",
    "second try",
  ]);
});

it("says what became of a conversation that was made shorter", () => {
  const { view } = new ViewHarness();
  const report = {
    reason: "nearly_full",
    method: "summary",
    messagesBefore: 40,
    messagesAfter: 6,
    tokensBefore: 190_000,
    tokensAfter: 12_000,
    summarised: 34,
    droppedOutputs: 0,
    usage: NO_USAGE,
  } as const;
  view.show([{ type: "messages_revised", before: 40, revision: { messages: [], note: report } }]);
  expect(view.takeFinished({ columns: 200, rows: 24 })[0]).toContain("34 messages summarised");
  view.show([{ type: "messages_revised", before: 40, revision: { messages: [], note: "of somebody else" } }]);
  expect(view.takeFinished(SIZE)).toEqual([]);
});

it("shows what the person said within a turn where it was said", () => {
  const { view } = new ViewHarness();
  view.show([
    ...answer(0, "before"),
    { type: "user_input", content: [{ type: "text", text: "and also this" }] },
    ...answer(0, "after"),
  ]);
  expect(view.takeFinished(SIZE)).toEqual(["before", "", "> and also this", "", "after"]);
});

it("leaves nothing turning when a turn ends, however it ends", () => {
  const harness = new ViewHarness();
  const { view } = harness;
  view.setBusy({ sinceMs: harness.nowMs });
  view.show([
    ...thought(0, "hm"),
    { type: "text_delta", index: 1, text: "half" },
    { type: "tool_start", call: callOf("bash", { command: "sleep" }) },
  ]);
  expect(view.needsTicks).toBe(true);
  view.finishTurn(
    turnEnd({
      status: "cancelled",
      failure: { code: "cancelled", message: "interrupted", exitCode: 130, cancelled: true },
    }),
  );
  expect(view.needsTicks).toBe(false);
  expect(view.takeFinished(SIZE)).toEqual(["thought for 1 s", "", "half", "", "✗ bash sleep · cancelled", "! stopped"]);
  expect(view.live(SIZE).rows).toEqual([""]);
});

it.each([
  { code: "network", message: "the connection was lost", shown: "✗ the connection was lost; /retry asks again" },
  {
    code: "usage_limit",
    message: "the limit is reached; open again in 2 h",
    shown: "✗ the limit is reached; open again in 2 h",
  },
  { code: "unheard_of", message: "something", shown: "✗ something" },
  { code: "constructor", message: "something", shown: "✗ something" },
])("says what to do after $code", ({ code, message, shown }) => {
  const { view } = new ViewHarness();
  view.finishTurn(turnEnd({ status: "error", failure: { code, message, exitCode: 1 } }));
  expect(view.takeFinished(SIZE)).toEqual([shown]);
});

describe("thoughts", () => {
  it("are one line when they follow one another", () => {
    const harness = new ViewHarness();
    for (const text of ["one", "two"]) {
      harness.view.show(thought(0, text));
      harness.nowMs += 2_000;
      harness.view.show([{ type: "block_end", index: 0, block: { type: "thinking", text } }]);
    }
    harness.view.show(answer(1, "done"));
    expect(harness.view.takeFinished(SIZE)).toEqual(["thought for 4 s", "", "done"]);
    harness.view.toggleDetails();
    expect(harness.view.takeFinished(SIZE)).toEqual(["", "thought for 4 s", "  one", "", "  two"]);
  });

  it("say nothing that was not said", () => {
    const { view } = new ViewHarness();
    view.show([
      { type: "block_start", index: 0, block: { type: "thinking", text: "" } },
      { type: "block_end", index: 0, block: { type: "thinking", text: "" } },
      ...answer(1, "at once"),
    ]);
    expect(view.takeFinished(SIZE)).toEqual(["at once"]);
  });

  it("are not shown where nobody wants them", () => {
    const { view } = new ViewHarness({ showThinking: "hidden" });
    view.show([...thought(0, "secret plans"), ...answer(1, "done")]);
    expect(view.takeFinished(SIZE)).toEqual(["done"]);
  });

  it("are shown as they come where somebody does", () => {
    const { view } = new ViewHarness({ showThinking: "shown" });
    view.show(thought(0, "a line\n\nanother line\nand"));
    expect(view.takeFinished(SIZE)).toEqual(["a line", "", "another line"]);
    expect(view.live(SIZE).rows).toEqual(["and", ""]);
    view.show(answer(1, "done"));
    expect(view.takeFinished(SIZE)).toEqual(["and", "", "done"]);
  });
});

describe("Ctrl+O", () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`);

  it("prints the last finished call in full, once, then the one before it", () => {
    const { view } = new ViewHarness();
    view.show([{ type: "tool_end", call: callOf("read", { path: "first" }), output: said("1\ta"), durationMs: 1 }]);
    view.show([
      { type: "tool_end", call: callOf("bash", { command: "a\nb" }), output: said(lines.join("\n")), durationMs: 1 },
    ]);
    view.takeFinished(SIZE);
    view.toggleDetails();
    expect(view.takeFinished(SIZE)).toEqual([
      "",
      "● bash a ⏎ b",
      "  $ a",
      "    b",
      ...lines.map((line) => `    ${line}`),
    ]);
    view.toggleDetails();
    expect(view.takeFinished(SIZE)).toEqual(["", "● read first", "    1    a"]);
    view.toggleDetails();
    expect(view.takeFinished(SIZE)).toEqual(["", "· nothing more to show"]);
  });

  it("opens what runs, and folds it again", () => {
    const { view } = new ViewHarness();
    const call = callOf("bash", { command: "make" });
    view.show([{ type: "tool_start", call }]);
    view.showProgress(call, lines.slice(0, 5).join("\n"));
    const rows = (): number => view.live(SIZE).rows.length;
    expect(rows()).toBe(3);
    view.toggleDetails();
    expect(rows()).toBe(7);
    view.toggleDetails();
    expect(rows()).toBe(3);
  });

  it("shows all of a change that was folded", () => {
    const { view } = new ViewHarness();
    const text = Array.from({ length: 100 }, (_, index) => `new ${index}\n`).join("");
    const diff = buildHunks("", text, wholeChange("", text));
    view.show([
      {
        type: "tool_end",
        call: callOf("write", { path: "a" }),
        output: said("created a", { details: { diff } }),
        durationMs: 1,
      },
    ]);
    const folded = view.takeFinished(SIZE);
    expect(folded).toHaveLength(42);
    expect(folded.at(-1)).toBe("    … 60 more lines, Ctrl+O");
    view.toggleDetails();
    expect(view.takeFinished(SIZE).at(-1)).toBe("    100 + new 99");
  });
});

it("counts tokens from the start of a turn", () => {
  const harness = new ViewHarness();
  const { view } = harness;
  const status = (): string => view.live(SIZE).rows.at(-1) ?? "";
  const turn = (): void => {
    view.setBusy({ sinceMs: harness.nowMs });
    view.show([{ type: "text_delta", index: 0, text: "x".repeat(400) }]);
  };
  turn();
  expect(status()).toBe("⠋ 0 s · ~100 tokens · Esc interrupts");
  const message = { role: "assistant", content: [] } as const;
  view.show([
    { type: "step_end", step: 1, message, stopReason: "end_turn", usage: { ...NO_USAGE, outputTokens: 1_234 } },
  ]);
  expect(status()).toBe("⠋ 0 s · ~1.2k tokens · Esc interrupts");
  view.setBusy(undefined);
  turn();
  expect(status()).toBe("⠋ 0 s · ~100 tokens · Esc interrupts");
});

it("turns four times a second, and not at all where nothing should move", () => {
  for (const animate of [true, false]) {
    const harness = new ViewHarness({ animate });
    harness.view.setBusy({ sinceMs: harness.nowMs });
    const seen = new Set<string>();
    for (let ms = 0; ms < 1_000; ms += 20) {
      seen.add(harness.view.live(SIZE).rows.at(-1) ?? "");
      harness.nowMs += 20;
    }
    expect(seen.size).toBe(animate ? 4 : 1);
  }
});

it("shows paths from the folder that is worked in", () => {
  const { view } = new ViewHarness();
  view.setSurroundings({ cwd: "/home/kim/other" });
  for (const path of ["/home/kim/other/a", "/home/kim/work/b", "/etc/c", "./d", "e"]) {
    view.show([{ type: "tool_end", call: callOf("read", { path }), output: said(""), durationMs: 1 }]);
  }
  const shown = view.takeFinished(SIZE).map((row) => row.split(" ")[2]);
  expect(shown).toEqual(["a", "~/work/b", "/etc/c", "d", "e"]);
});

it("warns of each limit once until it opens again", () => {
  const { view } = new ViewHarness();
  const show = (usedPercent: number, resetsAtMs: number): readonly string[] => {
    view.show([
      { type: "limits", limits: { windows: [{ name: "primary", usedPercent, windowMinutes: 300, resetsAtMs }] } },
    ]);
    return view.takeFinished(SIZE);
  };
  const resetMs = 1_800_007_200_000;
  expect(show(79.9, resetMs)).toEqual([]);
  expect(show(80, resetMs)).toEqual(["! 80 % of the 5 h limit is used; it opens again in 2 hours"]);
  expect(show(97, resetMs + 2_000)).toEqual([]);
  expect(show(10, resetMs + 18_000_000)).toEqual([]);
  expect(show(81, resetMs + 18_000_000)).toHaveLength(1);
});
