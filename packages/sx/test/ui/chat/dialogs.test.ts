import { describe, expect, it } from "vitest";
import type { Dialog } from "../../../src/ui/chat/chat-view.js";
import { callOf, PLAIN, SECRET, tool, ViewHarness } from "./chat-harness.js";

const SIZE = { columns: 80, rows: 24 };

function approval(command: string, rule?: string): Dialog {
  return {
    kind: "approval",
    call: callOf("bash", { command }),
    tool: tool("bash"),
    cwd: "/home/kim/work/shop",
    ...(rule === undefined ? {} : { rule }),
  };
}

function open(dialog: Dialog): ViewHarness {
  const harness = new ViewHarness();
  harness.view.openDialog(dialog);
  harness.settle(SIZE);
  return harness;
}

describe("an approval", () => {
  it.each([
    { keys: ["1"], answer: { kind: "approval", choice: "once" } },
    { keys: ["y"], answer: { kind: "approval", choice: "once" } },
    { keys: ["enter"], answer: { kind: "approval", choice: "once" } },
    { keys: ["2"], answer: { kind: "approval", choice: "always" } },
    { keys: ["a"], answer: { kind: "approval", choice: "always" } },
    { keys: ["down", "enter"], answer: { kind: "approval", choice: "always" } },
    { keys: ["3"], answer: { kind: "approval", choice: "no" } },
    { keys: ["n"], answer: { kind: "approval", choice: "no" } },
    { keys: ["escape"], answer: { kind: "approval", choice: "no" } },
    { keys: ["ctrl+c"], answer: { kind: "approval", choice: "no" } },
    { keys: ["up", "up", "enter"], answer: { kind: "approval", choice: "no" } },
    { keys: ["r", "n", "o", "t", "enter"], answer: { kind: "approval", choice: "no", reason: "not" } },
    { keys: ["4", "enter"], answer: { kind: "approval", choice: "no" } },
    { keys: ["4", "x", "escape", "y"], answer: { kind: "approval", choice: "once" } },
    { keys: ["q"], answer: undefined },
    { keys: ["5"], answer: undefined },
  ])("$keys", ({ keys, answer }) => {
    expect(open(approval("npm test", "exactly this")).type(...keys)).toEqual(answer);
  });

  it("offers always only where there is a rule", () => {
    const harness = open(approval("npm test"));
    expect(harness.screen(SIZE).join("\n")).not.toContain("always");
    expect(harness.type("2")).toBeUndefined();
    expect(harness.type("a")).toBeUndefined();
    expect(harness.type("3")).toEqual({ kind: "approval", choice: "no" });
  });

  it("takes no key before it is on the screen, nor within 300 ms, nor of the same burst", () => {
    const harness = new ViewHarness();
    harness.view.openDialog(approval("rm -rf build"));
    harness.nowMs += 5_000;
    expect(harness.type("y")).toBeUndefined();
    harness.view.live(SIZE);
    harness.nowMs += 299;
    expect(harness.type("y")).toBeUndefined();
    harness.nowMs += 200;
    expect(harness.type("enter")).toBeUndefined();
    harness.nowMs += 299;
    expect(harness.type("1")).toBeUndefined();
    harness.nowMs += 300;
    expect(harness.type("y")).toEqual({ kind: "approval", choice: "once" });
  });

  it("takes no key of somebody who types on, however long, and the first one after a pause", () => {
    const harness = new ViewHarness();
    harness.view.openDialog(approval("ls"));
    harness.view.live(SIZE);
    for (let press = 0; press < 100; press += 1) {
      harness.nowMs += 100;
      expect(harness.type("y")).toBeUndefined();
    }
    harness.nowMs += 300;
    expect(harness.type("y")).toEqual({ kind: "approval", choice: "once" });
  });

  it("keeps all choices on the screen, however long the command", () => {
    const command = Array.from({ length: 400 }, (_, index) => `echo ${index}`).join("\n");
    const harness = new ViewHarness();
    harness.view.openDialog(approval(command, `bash with exactly: ${command}`));
    harness.view.takeFinished(SIZE);
    const { rows } = harness.view.live(SIZE);
    expect(rows.length).toBeLessThan(SIZE.rows);
    expect(rows.join("\n")).toMatch(
      /1 yes, this once[^]*2 yes, always for bash with exactly: echo 0[^]*as above[^]*3 no/,
    );
  });

  it("never takes a paste for an answer, but for the reason", () => {
    const harness = open(approval("npm test"));
    harness.view.handleDialogPaste("y\n1\n");
    expect(harness.screen(SIZE).at(-1)).toContain("no, and say why");
    harness.type("r");
    harness.view.handleDialogPaste("too\nslow\u001b[2J");
    expect(harness.type("enter")).toEqual({ kind: "approval", choice: "no", reason: "too slow" });
  });

  it.each([40, 80, 200])("shows every character of a long command at %i columns, in order", (columns) => {
    const command = Array.from({ length: 300 }, (_, index) => `word${index}`).join(" ");
    const harness = new ViewHarness();
    harness.view.openDialog(approval(command));
    const size = { columns, rows: 100 };
    const rows = harness.screen(size).filter((row) => /^ {2}[│┆] /.test(row));
    // Blanks at the end of a row cannot be seen on any screen.
    const shown = rows.map((row) => row.slice(4).padEnd(columns - 5)).join("");
    expect(shown.trimEnd()).toBe(command);
  });

  it("prints a command that is higher than the screen in full, above, once", () => {
    const harness = new ViewHarness();
    const lines = Array.from({ length: 100 }, (_, index) => `echo ${index}`);
    harness.view.openDialog(approval(lines.join("\n")));
    const printed = harness.view.takeFinished(SIZE);
    expect(printed.filter((row) => row.startsWith("  │ "))).toEqual(lines.map((line) => `  │ ${line}`));
    const { rows } = harness.view.live(SIZE);
    expect(rows).toContain("? all of it is above, 101 rows");
    expect(rows.length).toBeLessThan(SIZE.rows);
    expect(harness.view.takeFinished(SIZE)).toEqual([]);
  });

  it("folds a long new file, and shows all of it with Ctrl+O", () => {
    const content = `${Array.from({ length: 90 }, (_, index) => `line ${index}`).join("\n")}\n`;
    const harness = new ViewHarness();
    harness.view.openDialog({
      kind: "approval",
      call: callOf("write", { path: "a.txt", content }),
      tool: tool("write", "write"),
      cwd: "/",
    });
    const size = { columns: 80, rows: 60 };
    const folded = harness.screen(size).join("\n");
    expect(folded).toContain("… 50 more lines, Ctrl+O");
    expect(folded).not.toContain("line 60");
    harness.nowMs += 301;
    expect(harness.type("ctrl+o")).toBeUndefined();
    expect(harness.screen(size).join("\n")).toContain("line 89");
  });

  it("hides secrets, and nothing else", () => {
    const harness = new ViewHarness();
    harness.view.openDialog(approval(`curl -H "x: ${SECRET}" https://example.com`));
    const text = harness.screen(SIZE).join("\n");
    expect(text).not.toContain(SECRET);
    expect(text).toContain("https://example.com");
  });

  it("lets no line of a command pass for a line of its own", () => {
    const harness = new ViewHarness();
    const command = "rm -rf x\nworkdir: /safe\n› 1 yes, this once (y)\n  · timeout_seconds: 1";
    harness.view.openDialog({
      kind: "approval",
      call: callOf("bash", { command, workdir: "/real\n  · workdir: /other" }),
      tool: tool("bash"),
      cwd: "/",
    });
    expect(harness.screen(SIZE).slice(1, 6)).toEqual([
      "  │ rm -rf x",
      "  │ workdir: /safe",
      "  │ › 1 yes, this once (y)",
      "  │   · timeout_seconds: 1",
      "  · workdir: /real\\u{a}  · workdir: /other",
    ]);
  });

  it.each([
    { name: "a tool without a summary", input: { b: 1 }, shown: '"b": 1' },
    {
      name: "a change with extra fields",
      input: { path: "a", edits: [{ old_string: "x", new_string: "y", all: 1 }] },
      shown: "all: 1",
    },
    {
      name: "several changes",
      input: {
        path: "a",
        edits: [
          { old_string: "x", new_string: "y" },
          { old_string: "p", new_string: "q" },
        ],
      },
      shown: "edit 2 of 2",
    },
    { name: "a change of wrong types", input: { path: "a", edits: [7] }, shown: "7" },
    {
      name: "a line end that goes away",
      input: { path: "a", edits: [{ old_string: "x\n", new_string: "x" }] },
      shown: "  │ -",
    },
    { name: "a file without a last line end", input: { path: "a", content: "x" }, shown: "no line end" },
    { name: "an empty file", input: { path: "a", content: "" }, shown: "an empty file" },
  ])("shows all of $name", ({ input, shown }) => {
    const harness = new ViewHarness();
    const throwing = {
      ...tool("odd", "write"),
      summary: () => {
        throw new TypeError("wrong input");
      },
    };
    harness.view.openDialog({ kind: "approval", call: callOf("odd", input), tool: throwing, cwd: "/" });
    expect(harness.screen(SIZE).join("\n")).toContain(shown);
  });
});

describe("a list to pick from", () => {
  const choices = [
    { value: "gpt-5.2", detail: "the large one" },
    { value: "gpt-5.2-mini", label: "mini", detail: "the small one" },
    { value: "opus" },
  ];

  it.each([
    { keys: ["enter"], value: "gpt-5.2-mini" },
    { keys: ["down", "enter"], value: "opus" },
    { keys: ["down", "down", "enter"], value: "gpt-5.2" },
    { keys: ["up", "up", "enter"], value: "opus" },
    { keys: ["o", "p", "enter"], value: "opus" },
    { keys: ["l", "a", "r", "g", "e", "enter"], value: "gpt-5.2" },
    { keys: ["x", "backspace", "ctrl+u", "enter"], value: "gpt-5.2" },
    { keys: ["escape"], value: undefined },
  ])("$keys", ({ keys, value }) => {
    const harness = new ViewHarness();
    harness.view.openDialog({ kind: "pick", title: "Model", choices, current: "gpt-5.2-mini" });
    expect(harness.type(...keys)).toEqual({ kind: "pick", value });
  });

  it("chooses nothing where nothing fits", () => {
    const harness = new ViewHarness();
    harness.view.openDialog({ kind: "pick", title: "Model", choices });
    expect(harness.type("z", "z", "z", "enter")).toBeUndefined();
    expect(harness.screen(SIZE).join("\n")).toContain("nothing fits");
  });

  it("keeps the cursor in its last row, however low the screen", () => {
    const harness = new ViewHarness();
    const many = Array.from({ length: 500 }, (_, index) => ({ value: `choice ${index}` }));
    harness.view.openDialog({ kind: "pick", title: "Which?", choices: many });
    harness.view.handleDialogPaste("choice 4");
    for (const rows of [8, 12, 24]) {
      const { rows: shown, cursor } = harness.view.live({ columns: 40, rows });
      expect(shown.length).toBeLessThan(rows);
      expect(cursor).toEqual({ row: shown.length - 1, column: "search: choice 4".length });
    }
  });

  it("keeps foreign names to their row", () => {
    const harness = new ViewHarness();
    const hostile = [{ value: "a", label: `\u001b[2J${SECRET}\nsecond`, detail: "\u202edetail" }];
    harness.view.openDialog({ kind: "pick", title: "t\u001b]0;x\u0007", choices: hostile });
    const rows = harness.screen(SIZE);
    expect(rows.find((row) => row.includes("second"))).toBe("›   [redacted] ⏎ second  detail");
  });
});

it.each([
  { keys: ["y"], yes: true },
  { keys: ["enter"], yes: false },
  { keys: ["up", "enter"], yes: true },
  { keys: ["escape"], yes: false },
])("a question of yes and no: $keys", ({ keys, yes }) => {
  expect(open({ kind: "confirm", question: "Sure?" }).type(...keys)).toEqual({ kind: "confirm", yes });
});

it.each([
  { keys: ["1"], value: "up" },
  { keys: ["down", "enter"], value: "even" },
  { keys: ["3", "h", "i", "enter"], value: "hi" },
  { keys: ["3", "enter", "escape", "1"], value: "up" },
  { keys: ["escape"], value: undefined },
])("a question of the model: $keys", ({ keys, value }) => {
  const choices = [{ value: "up" }, { value: "even" }];
  expect(open({ kind: "ask", question: "Which?", choices }).type(...keys)).toEqual({ kind: "ask", value });
});

it("turns nothing while a question is open", () => {
  const harness = new ViewHarness({ theme: PLAIN });
  harness.view.setBusy({ sinceMs: harness.nowMs });
  expect(harness.view.needsTicks).toBe(true);
  harness.view.openDialog(approval("ls"));
  expect(harness.view.needsTicks).toBe(false);
  const before = harness.view.live(SIZE).rows;
  harness.nowMs += 10_000;
  expect(harness.view.live(SIZE).rows).toEqual(before);
  harness.view.closeDialog();
  expect(harness.view.hasDialog).toBe(false);
  expect(harness.view.needsTicks).toBe(true);
});
