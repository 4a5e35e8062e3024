import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Completion, type CompletionSources, type FileLister } from "../../../src/ui/editor/completion.js";
import { findTrigger } from "../../../src/ui/editor/completion-trigger.js";
import { createFileLister } from "../../../src/ui/editor/file-lister.js";

test.each([
  ["/", { kind: "command", query: "", length: 1 }],
  ["/mod", { kind: "command", query: "mod", length: 4 }],
  ["/usr/lib", undefined],
  ["a /mod", undefined],
  ["/model ", { kind: "argument", command: "model", query: "", length: 0 }],
  ["/model gpt 5", { kind: "argument", command: "model", query: "gpt 5", length: 5 }],
  ["/model @a", { kind: "file", query: "a", length: 2 }],
  ["@", { kind: "file", query: "", length: 1 }],
  ["see (@src/a", { kind: "file", query: "src/a", length: 6 }],
  ['see @"my no', { kind: "file", query: "my no", length: 7 }],
  ['see @"my notes" and', undefined],
  ["me@example", undefined],
  ["@a b", undefined],
  ["", undefined],
  [`/${"x".repeat(400)}`, undefined],
])("%j completes %j", (before, trigger) => {
  expect(findTrigger(before, true)).toEqual(trigger);
});

test("a slash is a command on the first line only", () => {
  expect(findTrigger("/mod", false)).toBeUndefined();
});

/** A list whose changes can be awaited. */
function open(sources: Partial<CompletionSources> = {}): {
  completion: Completion;
  type: (text: string) => void;
  labels: () => readonly string[];
  changed: () => Promise<void>;
} {
  let announce = (): void => undefined;
  const completion = new Completion({
    commands: () => [
      { name: "model", description: "choose the model", takesArgument: true, complete: (query) => models(query) },
      { name: "help", description: "what\nthere\u001b[31m is" },
      { name: "my-model", description: "" },
    ],
    defer: setImmediate,
    onChange: () => announce(),
    nowMs: () => 0,
    ...sources,
  });
  return {
    completion,
    type: (text) => completion.update(findTrigger(text, true)),
    labels: () => completion.shown.rows.map(({ label, isSelected }) => (isSelected ? `>${label}` : label)),
    changed: () => new Promise((resolve) => (announce = resolve)),
  };
}

const models = (query: string): { value: string }[] =>
  ["gpt-5", "opus"].filter((name) => name.startsWith(query)).map((value) => ({ value }));

describe("commands", () => {
  test("those that begin with the word come first", () => {
    const { completion, type, labels } = open();
    type("/mo");
    expect(labels()).toEqual([">/model", "/my-model"]);
    completion.select(1);
    expect(completion.accept()).toEqual({ length: 3, text: "/my-model ", isComplete: true });
    completion.select(1);
    expect(completion.accept()).toEqual({ length: 3, text: "/model ", isComplete: false });
  });

  test("a description is one harmless line", () => {
    const { completion, type } = open();
    type("/help");
    expect(completion.shown.rows[0]?.detail).toBe("what there\\u{1b}[31m is");
  });

  test("their arguments", () => {
    const { completion, type, labels } = open();
    type("/model ");
    expect(labels()).toEqual([">gpt-5", "opus"]);
    type("/model o");
    expect(completion.accept()).toEqual({ length: 1, text: "opus", isComplete: true });
    type("/model opus");
    expect(completion.isOpen).toBe(false);
    type("/help x");
    expect(completion.isOpen).toBe(false);
  });

  test("Enter on a command whose argument may be left out sends it; the list of arguments is not in the way", () => {
    const complete = () => [{ value: "redo" }];
    const { completion, type } = open({
      commands: () => [
        { name: "undo", description: "", complete },
        { name: "cd", description: "", takesArgument: true, complete },
      ],
    });
    type("/undo");
    expect(completion.accept()).toMatchObject({ text: "/undo ", isComplete: true });
    type("/cd");
    expect(completion.accept()).toMatchObject({ text: "/cd ", isComplete: false });
  });

  test("arguments that take time come later, and not when nobody waits", async () => {
    const signals: AbortSignal[] = [];
    const { completion, type, labels, changed } = open({
      commands: () => [
        {
          name: "model",
          description: "",
          complete: (query, signal) => {
            signals.push(signal);
            return query === "bad" ? Promise.reject(new Error("no")) : Promise.resolve([{ value: `${query}-5` }]);
          },
        },
      ],
    });
    type("/model a");
    type("/model b");
    await changed();
    expect(labels()).toEqual([">b-5"]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    type("/model bad");
    await changed();
    expect(completion.isOpen).toBe(false);
  });

  test("Esc closes until something else is completed; Tab opens again", () => {
    const { completion, type } = open();
    type("/m");
    completion.dismiss();
    type("/mo");
    expect(completion.isOpen).toBe(false);
    completion.reopen(findTrigger("/mo", true));
    expect(completion.isOpen).toBe(true);
    completion.dismiss();
    type("x");
    type("/m");
    expect(completion.isOpen).toBe(true);
  });

  test("no more rows than fit, the selected one among them, around the ends", () => {
    const names = Array.from({ length: 20 }, (_, index) => ({ name: `c${index}`, description: "" }));
    const { completion, type, labels } = open({ commands: () => names });
    type("/c");
    for (let step = 0; step < 45; step += 1) {
      expect(labels()).toHaveLength(8);
      expect(labels().filter((label) => label.startsWith(">"))).toEqual([`>/c${step % 20}`]);
      completion.select(1);
    }
  });
});

async function project(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "sx-completion-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, path, ".."), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

describe("files", () => {
  test("those that git does not ignore, and their folders; the best first", async () => {
    const root = await project({
      ".gitignore": "dist\n",
      ".git/config": "",
      "README.md": "",
      "dist/edit-buffer.js": "",
      "src/ui/edit-buffer.ts": "",
      "src/ui/hidden.ts": "",
      "my notes.md": "",
    });
    const hidden = (path: string): boolean => path.endsWith("hidden.ts");
    const { completion, type, labels, changed } = open({ files: createFileLister({ root, hidden }) });
    type("@");
    expect(completion.isOpen).toBe(false);
    await changed();
    expect(labels()).toEqual([">.gitignore", "README.md", "my notes.md", "src/"]);
    type("@edbuf");
    // What is shown is not for this; it must not be taken for it.
    expect(completion.accept()).toBeUndefined();
    await changed();
    expect(labels()).toEqual([">src/ui/edit-buffer.ts"]);
    expect(completion.accept()).toEqual({ length: 6, text: "@src/ui/edit-buffer.ts ", isComplete: false });
    type("@notes");
    await changed();
    expect(completion.accept()).toEqual({ length: 6, text: '@"my notes.md" ', isComplete: false });
    type("@ui/");
    await changed();
    expect(labels()).toContain("src/ui/edit-buffer.ts");
    expect(labels()[0]).toBe(">src/ui/");
    expect(completion.accept()?.text).toBe("@src/ui/");
    type("@hidden");
    await changed();
    expect(completion.isOpen).toBe(false);
  });

  test("hostile names are seen for what they are, and quoted", async () => {
    const name = "a\u001b]0;x\u0007\u202e\nb.ts";
    const root = await project({ [name]: "" });
    const { completion, type, labels, changed } = open({ files: createFileLister({ root }) });
    type("@");
    await changed();
    expect(labels()).toEqual([">a\\u{1b}]0;x\\u{7}\\u{202e}⏎b.ts"]);
    expect(completion.accept()?.text).toBe('@"a\\u{1b}]0;x\\u{7}\\u{202e}\\u{a}b.ts" ');
  });

  test("a list is read once for many keys, again when it is old, and stopped when it is closed", async () => {
    let nowMs = 0;
    const signals: AbortSignal[] = [];
    let answer: (paths: readonly string[]) => void = () => undefined;
    const files: FileLister = (signal) => {
      signals.push(signal);
      return new Promise((resolve, reject) => {
        answer = resolve;
        signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      });
    };
    const works: (() => void)[] = [];
    const { completion, type, labels, changed } = open({
      files,
      nowMs: () => nowMs,
      defer: (work) => void works.push(work),
    });
    const run = (): void => {
      for (const work of works.splice(0)) work();
    };
    type("@a");
    run();
    type("@ab");
    run();
    expect(signals).toHaveLength(1);
    completion.close();
    expect(signals[0]?.aborted).toBe(true);

    type("@");
    run();
    answer(["abc", "x"]);
    await changed();
    expect(labels()).toEqual([">abc", "x"]);
    completion.close();
    type("@");
    run();
    await changed();
    expect(signals).toHaveLength(2);
    completion.close();
    nowMs = 60_000;
    type("@");
    run();
    expect(signals).toHaveLength(3);
    completion.close();
    type("@");
    run();
    expect(signals).toHaveLength(4);
    answer([]);
    await changed();
    expect(completion.isOpen).toBe(false);
  });

  test("a folder that cannot be read is no list", async () => {
    const { completion, type, changed } = open({ files: () => Promise.reject(new Error("no")) });
    type("@a");
    await changed();
    expect(completion.isOpen).toBe(false);
  });
});
