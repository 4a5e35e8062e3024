import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TypedEditor } from "./editor-harness.js";

const ESC = "\u001b";
const UP = `${ESC}[A`;
const DOWN = `${ESC}[B`;
const LINES = Array.from({ length: 12 }, (_, index) => `line ${index}`).join("\n");

describe("Enter", () => {
  test("sends what is written, and empties the editor", () => {
    const typed = new TypedEditor();
    expect(typed.type("hello\r")).toEqual([
      { type: "submit", text: "hello", shown: "hello", historyText: "hello", pastes: [], images: [] },
    ]);
    expect(typed.editor.isEmpty).toBe(true);
    expect(typed.type("\u001f")).toEqual([]);
    expect(typed.editor.isEmpty).toBe(true);
  });

  test("sends nothing when there is nothing", () => {
    expect(new TypedEditor().type(" \r")).toEqual([]);
  });

  test.each([
    ["Shift+Enter", `${ESC}[13;2u`],
    ["Alt+Enter", `${ESC}\r`],
    ["Ctrl+J", "\n"],
    ["a backslash before it", "\\\r"],
  ])("with %s is a new line", (_name, bytes) => {
    const typed = new TypedEditor();
    expect(typed.type(`a${bytes}b`)).toEqual([]);
    expect(typed.editor.text).toBe("a\nb");
  });

  test("behind a backslash that is not at the end sends", () => {
    expect(new TypedEditor().type(`a\\b${ESC}[D\r`)).toHaveLength(1);
  });
});

describe("pastes", () => {
  test("long ones are one chip, which is sent whole and goes at once", () => {
    const typed = new TypedEditor();
    typed.type("see ");
    typed.paste(LINES);
    typed.type("!");
    expect(typed.screen(40)).toEqual(["> see [pasted 12 lines #1]!|"]);
    expect(typed.type("\r")).toEqual([
      {
        type: "submit",
        text: `see ${LINES}!`,
        shown: "see [pasted 12 lines #1]!",
        historyText: `see ${LINES}!`,
        pastes: [{ label: "[pasted 12 lines #1]", text: LINES }],
        images: [],
      },
    ]);
    typed.paste(LINES);
    typed.type("\u007f");
    expect(typed.editor.isEmpty).toBe(true);
    typed.type("\u001f");
    expect(typed.screen(40)).toEqual(["> [pasted 12 lines #2]|"]);
  });

  test("Tab unfolds one, undo folds it again", () => {
    const typed = new TypedEditor();
    typed.paste(LINES);
    typed.type("\t");
    expect(typed.screen(40, 3)).toEqual(["↑ line 9", "  line 10", "  line 11|"]);
    typed.type("\u001f");
    expect(typed.screen(40)).toEqual(["> [pasted 12 lines #1]|"]);
  });

  test("a cut chip can be put back, also after the prompt was sent", () => {
    const typed = new TypedEditor();
    typed.paste(LINES);
    typed.type("\u0015x\r\u0019\r");
    expect(typed.editor.isEmpty).toBe(true);
    typed.type(UP);
    expect(typed.editor.text).toBe(LINES);
  });

  test("an image is a chip, and comes with its path", () => {
    const typed = new TypedEditor({ isImage: (path) => path === "/tmp/my picture.png" });
    typed.type("look at ");
    typed.paste("'/tmp/my picture.png'");
    expect(typed.type("\r")).toMatchObject([
      {
        text: "look at [image my picture.png #1] ",
        images: [{ label: "[image my picture.png #1]", path: "/tmp/my picture.png" }],
      },
    ]);
  });

  test("a very long prompt comes back with its labels", () => {
    const typed = new TypedEditor();
    typed.paste("x".repeat(30_000));
    expect(typed.type("\r")).toMatchObject([{ historyText: "[pasted 30000 characters #1]" }]);
  });

  test("what was cut from one is told", () => {
    const typed = new TypedEditor();
    expect(typed.editor.handle({ type: "paste", text: "a", droppedChars: 5 })).toEqual([
      { type: "pasteCut", droppedChars: 5 },
    ]);
  });
});

describe("leaving and stopping", () => {
  test("Ctrl+C clears, the next one leaves; another key between them counts anew", () => {
    const typed = new TypedEditor();
    expect(typed.type("abc\u0003")).toEqual([{ type: "cancel", hadText: true }]);
    typed.type("\u001f");
    expect(typed.editor.text).toBe("abc");
    expect(typed.type("\u0003\u0003")).toEqual([
      { type: "cancel", hadText: true },
      { type: "leave", by: "ctrl+c" },
    ]);
    expect(typed.type(" \u007f\u0003")).toEqual([{ type: "cancel", hadText: false }]);
  });

  test("what the owner puts there after a Ctrl+C is cleared first", () => {
    const typed = new TypedEditor();
    typed.type("\u0003");
    typed.editor.setText("a draft");
    expect(typed.type("\u0003")).toEqual([{ type: "cancel", hadText: true }]);
  });

  test("Ctrl+D leaves when nothing is written, else it deletes", () => {
    const typed = new TypedEditor();
    expect(typed.type(`ab${ESC}[D\u0004`)).toEqual([]);
    expect(typed.editor.text).toBe("a");
    expect(typed.type("\u007f\u0004")).toEqual([{ type: "leave", by: "ctrl+d" }]);
  });

  test.each([
    ["Esc", ESC, { type: "interrupt" }],
    ["Shift+Tab", `${ESC}[Z`, { type: "mode" }],
    ["Ctrl+O", "\u000f", { type: "fold" }],
    ["Ctrl+L", "\u000c", { type: "redraw" }],
    ["Ctrl+Z", "\u001a", { type: "suspend" }],
    ["Ctrl+X", "\u0018", { type: "openEditor", text: "x" }],
  ])("%s is for the owner", (_name, bytes, event) => {
    const typed = new TypedEditor();
    typed.type("x");
    expect(typed.type(bytes)).toEqual([event]);
    expect(typed.editor.text).toBe("x");
  });

  test("keys that mean nothing here do nothing", () => {
    const typed = new TypedEditor();
    expect(typed.type(`${ESC}[5~${ESC}[6~${ESC}[24~\u0011${ESC}q${ESC}[I${ESC}[1;1R`)).toEqual([]);
    expect(typed.editor.isEmpty).toBe(true);
  });
});

test("what was written elsewhere replaces the text, images stay images, and undo brings the old text back", () => {
  const typed = new TypedEditor({ isImage: () => true });
  typed.paste("/tmp/a.png");
  const [event] = typed.type("\u0018");
  const text = event?.type === "openEditor" ? event.text : "";
  typed.editor.setText(`new ${text.trim()}\u0007\n`);
  expect(typed.editor.text).toBe("new [image a.png #1]");
  expect(typed.type("\u001f")).toEqual([]);
  expect(typed.editor.text).toBe("[image a.png #1] ");
  typed.type(`${ESC}/`);
  expect(typed.type("\r")).toMatchObject([{ images: [{ path: "/tmp/a.png" }] }]);
});

describe("earlier prompts", () => {
  test("up from the first row, down from the last, back to the draft with its chips", () => {
    const typed = new TypedEditor();
    typed.type("one\rtwo\n2\r");
    typed.paste(LINES);
    typed.type(UP);
    expect(typed.editor.text).toBe("two\n2");
    typed.type(UP + UP);
    expect(typed.editor.text).toBe("one");
    typed.type(DOWN);
    expect(typed.editor.text).toBe("two\n2");
    typed.type(DOWN);
    expect(typed.screen(40)).toEqual(["> [pasted 12 lines #1]|"]);
    expect(typed.type("\r")).toMatchObject([{ text: LINES }]);
  });

  test("after Ctrl+C one begins at the newest again", () => {
    const typed = new TypedEditor();
    typed.type(`one\rtwo\r${UP}${UP}\u0003${UP}`);
    expect(typed.editor.text).toBe("two");
  });

  test("of a file are cleaned", () => {
    const typed = new TypedEditor();
    typed.editor.addHistory(["a\u001b[2Jb\udc00"]);
    typed.type(UP);
    expect(typed.editor.text).toBe("ab\ufffd");
  });

  test("Ctrl+R: Enter takes what was found but does not send it, Esc takes nothing", () => {
    const typed = new TypedEditor();
    typed.editor.addHistory(["build it", "test it"]);
    expect(typed.type("draft\u0012bu\r")).toEqual([]);
    expect(typed.editor.text).toBe("build it");
    typed.type(`\u0012test${ESC}`);
    expect(typed.editor.text).toBe("build it");
    typed.type("\u0012it\u0012\u0005!");
    expect(typed.editor.text).toBe("build it!");
    expect(typed.type("\u0012\u0003")).toEqual([]);
    expect(typed.editor.text).toBe("build it!");
  });
});

describe("the list", () => {
  function withCommands(): TypedEditor {
    return new TypedEditor({
      completion: {
        commands: () => [
          { name: "help", description: "" },
          {
            name: "model",
            description: "",
            takesArgument: true,
            complete: () => [{ value: "opus" }, { value: "gpt" }],
          },
        ],
        defer: setImmediate,
        onChange: () => undefined,
        nowMs: () => 0,
      },
    });
  }

  test("Enter sends a whole command, and goes on to the argument of another", () => {
    const typed = withCommands();
    expect(typed.type("/he\r")).toMatchObject([{ type: "submit", text: "/help " }]);
    expect(typed.type("/mo\r")).toEqual([]);
    expect(typed.screen()).toEqual(["> /model |", "› opus", "  gpt"]);
    expect(typed.type(`${DOWN}\r`)).toMatchObject([{ text: "/model gpt" }]);
  });

  test("Tab only completes; Esc only closes", () => {
    const typed = withCommands();
    expect(typed.type(`/m\t`)).toEqual([]);
    expect(typed.editor.text).toBe("/model ");
    expect(typed.type(ESC)).toEqual([]);
    expect(typed.screen()).toEqual(["> /model |"]);
    expect(typed.type(ESC)).toEqual([{ type: "interrupt" }]);
    typed.type("\t");
    expect(typed.screen()).toHaveLength(3);
  });

  test("does not open for a prompt from the history, so that one gets past it", () => {
    const typed = withCommands();
    typed.type("first\r/help\r");
    typed.type(UP + UP);
    expect(typed.editor.text).toBe("first");
  });

  test("of files that comes late does not open over something else", async () => {
    const works: (() => void)[] = [];
    const typed = new TypedEditor({
      completion: {
        commands: () => [],
        files: () => Promise.resolve(["abc"]),
        defer: (work) => void works.push(work),
        onChange: () => undefined,
        nowMs: () => 0,
      },
    });
    typed.type("one\r@a");
    typed.type(UP);
    for (let turn = 0; turn < 20; turn += 1) {
      for (const work of works.splice(0)) work();
      await new Promise(setImmediate);
    }
    expect(typed.screen()).toEqual(["> one|"]);
    typed.type("\u0015@a");
    while (typed.screen().length === 1) {
      for (const work of works.splice(0)) work();
      await new Promise(setImmediate);
    }
    expect(typed.screen()).toEqual(["> @a|", "› abc"]);
  });

  test("is not there in the middle of a word", () => {
    const typed = withCommands();
    typed.type(`/help${ESC}[D`);
    expect(typed.screen()).toEqual(["> /hel|p"]);
  });
});

test("no input can break it, and what is written can always be sent", () => {
  const sequences = fc.constantFrom(
    ...Array.from("\r\n\t\u007f\u0003\u0012\u0019\u0015\u000b\u0017\u001f\u0014"),
    ...["[A", "[B", "[C", "[D", "b", "f", "d", "y", "/", "[13;2u", "[200~", "[201~", "[Z", "]11;rgb"].map(
      (end) => ESC + end,
    ),
    "/model ",
    "@a",
    "世",
    "👩‍👩‍👧",
    "\u0301",
    "text ",
    `${ESC}[200~${LINES}${ESC}[201~`,
    `${ESC}[200~/a.png${ESC}[201~`,
  );
  const inputs = fc.array(
    fc.oneof({ weight: 4, arbitrary: sequences }, { weight: 1, arbitrary: fc.string({ unit: "binary" }) }),
    {
      maxLength: 60,
    },
  );
  fc.assert(
    fc.property(inputs, fc.integer({ min: 1, max: 30 }), (parts, columns) => {
      const typed = new TypedEditor({ isImage: () => true });
      for (const part of parts) {
        for (const event of typed.type(part)) {
          if (event.type === "submit") expect(event.text.isWellFormed() && event.shown.isWellFormed()).toBe(true);
        }
        const { rows, cursorRow } = typed.editor.rows(columns, 4);
        expect(cursorRow).toBeLessThan(rows.length);
      }
      expect(typed.editor.text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      typed.editor.close();
    }),
    { numRuns: 300 },
  );
});
