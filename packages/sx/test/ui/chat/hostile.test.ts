import fc from "fast-check";
import { expect, it } from "vitest";
import type { Entry } from "../../../src/sessions/entry.js";
import { COLORED, SECRET, STATE, callOf, said, tool, turnEnd, ViewHarness } from "./chat-harness.js";

/** Clears the screen, sets a title, fills the clipboard, answers for the keyboard, reorders, hides. */
const ATTACKS = [
  "\u001b[2J\u001b[1;1H",
  "\u001b]0;title\u0007",
  "\u001b]52;c;ZWNobw==\u001b\\",
  "\u001bP+q\u001b\\",
  "\u009b31m",
  "\u001b[6n",
  "\u202e\u2066\u200b\ufeff",
  "\u{e0041}\u{e0042}",
  "\r\n\u2028\u0085",
  "\u0000\u0008\u007f\u000e",
];
const SIZE = { columns: 60, rows: 24 };

/** Puts a text into every place that a model, a server, a file or a person can fill. */
function everywhere(harness: ViewHarness, text: string): readonly string[] {
  const { view } = harness;
  const rows: string[] = [];
  const look = (): void => void rows.push(...harness.screen(SIZE));
  view.setStatus({
    ...STATE,
    model: text,
    providerName: text,
    branch: text,
    profile: text,
    route: { provider: text, model: text },
    limits: { windows: [{ name: text, usedPercent: 90 }] },
  });
  view.setQueue([text]);
  view.setTodo([{ text, status: "active" }]);
  view.setSurroundings({ cwd: `/home/kim/${text}` });
  view.user(text, { queued: true });
  view.note(text, "error");
  view.print(text);
  look();
  const call = callOf(text, { path: text, [text]: text });
  const odd = { ...tool(text), summary: () => text };
  view.setSurroundings({ tools: [odd] });
  const error = { code: text, message: text };
  view.show([
    { type: "step_start", step: 1 },
    { type: "route", provider: text, model: text, reason: text },
    { type: "retry", attempt: 1, delayMs: 1, error },
    { type: "limits", limits: { windows: [{ name: text, usedPercent: 99 }] } },
    { type: "thinking_delta", index: 0, text },
    { type: "block_start", index: 2, block: { type: "tool_use", id: text, name: text, input: {} } },
  ]);
  view.toggleDetails();
  look();
  view.show([
    { type: "text_delta", index: 1, text },
    { type: "answer_discarded", attempt: 1, delayMs: 1, error, partial: undefined },
    { type: "tool_start", call },
  ]);
  view.showProgress(call, text);
  look();
  const diff = [{ oldStart: 1, oldLines: 1, newStart: 1, newLines: 1, lines: [`-${text}`, `+${text}x`] }];
  view.show([
    { type: "tool_end", call, output: said(text, { status: "error" }), durationMs: 1 },
    {
      type: "tool_end",
      call: callOf("edit", { path: text }),
      output: said(text, { details: { diff } }),
      durationMs: 1,
    },
    { type: "user_input", content: [{ type: "text", text }] },
  ]);
  look();
  view.toggleDetails();
  view.toggleDetails();
  look();
  const entries = [
    { kind: "user", content: [{ type: "text", text }] },
    { kind: "assistant", provider: text, model: text, content: [{ type: "text", text }, call] },
  ].map((body, n) => ({ ...body, n, timeMs: 0 }) as Entry);
  view.replay(entries);
  view.finishTurn(
    turnEnd({ status: "error", failure: { code: text, message: text, exitCode: 1 }, turns: 1, takenBack: true }),
  );
  look();
  for (const input of [
    { command: text, workdir: text, more: text },
    { path: text, content: text },
    { path: text, edits: [{ old_string: text, new_string: `${text}y` }] },
  ]) {
    view.openDialog({
      kind: "approval",
      call: callOf(text, input),
      tool: { ...odd, access: "write" },
      cwd: text,
      rule: text,
    });
    look();
  }
  view.openDialog({ kind: "pick", title: text, choices: [{ value: text, label: text, detail: text }] });
  // What somebody types here is their own.
  if (!text.includes(SECRET.slice(0, 9))) view.handleDialogPaste(text);
  look();
  view.openDialog({ kind: "confirm", question: text });
  look();
  view.openDialog({ kind: "ask", question: text, choices: [{ value: text, detail: text }] });
  look();
  return rows;
}

const STEERS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b\ufeff]|[\u{e0000}-\u{e0fff}]/u;

it.each(ATTACKS.map((attack) => ({ attack })))("lets nothing through that steers a terminal: $attack", ({ attack }) => {
  const rows = everywhere(new ViewHarness(), `before${attack}after`);
  expect(rows.length).toBeGreaterThan(40);
  for (const row of rows) expect(row).not.toMatch(STEERS);
});

it("sends no style that is not its own", () => {
  for (const attack of ATTACKS) {
    for (const row of everywhere(new ViewHarness({ theme: COLORED }), `before${attack}after`)) {
      expect(row.replaceAll(/\u001b\[(?:[1-4]|22|23|24|29|9|3[1-69]|9[0-7])m/g, "")).not.toMatch(STEERS);
    }
  }
});

it.each([
  SECRET,
  `x${SECRET}`,
  `${SECRET.slice(0, 9)}\u200b${SECRET.slice(9)}`,
  `${SECRET.slice(0, 9)}\u001b[1m${SECRET.slice(9)}`,
])("shows no secret anywhere: %j", (text) => {
  const rows = everywhere(new ViewHarness(), text);
  expect(rows.join("\n")).not.toContain(SECRET);
  expect(rows.join("")).not.toContain(SECRET);
});

it("hides a secret that is cut anywhere between deltas, in answers, thoughts and progress", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: SECRET.length - 1 }), { maxLength: 5 }), (cuts) => {
      const at = [0, ...new Set(cuts)].toSorted((a, b) => a - b);
      const pieces = at.map((from, index) => SECRET.slice(from, at[index + 1]));
      const harness = new ViewHarness({ showThinking: "shown" });
      const { view } = harness;
      const call = callOf("bash", { command: "x" });
      const rows: string[] = [];
      for (const text of ["a ", ...pieces, " b"]) {
        view.show([{ type: "thinking_delta", index: 0, text }]);
        rows.push(...harness.screen(SIZE));
      }
      for (const text of ["a ", ...pieces, " b"]) {
        view.show([{ type: "text_delta", index: 1, text }]);
        rows.push(...harness.screen(SIZE));
      }
      view.show([{ type: "tool_start", call }]);
      for (const text of ["a ", ...pieces, " b\n"]) {
        view.showProgress(call, text);
        rows.push(...harness.screen(SIZE));
      }
      const first = SECRET.slice(0, 8);
      for (const row of rows) expect(row).not.toContain(first);
    }),
  );
});
