import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Script } from "@scorpiox/sim";
import { describe, expect, test } from "vitest";
import { makePlace, openSim } from "../harness.js";
import { Person, type PersonOptions } from "./pty.js";

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const CTRL_X = "\u0018";
const CTRL_Z = "\u001a";
const ESC = "\u001b";
const UP = "\u001b[A";
const SHIFT_TAB = "\u001b[Z";
const PROMPT = /^>/m;

async function sit(script: Script, argv: readonly string[] = [], options: Partial<PersonOptions> = {}) {
  const place = await makePlace();
  const sim = await openSim(script);
  const person = new Person(argv, { place, ...options, env: { ...sim.env, ...options.env } });
  await person.sees(PROMPT);
  // The status row of a loaded conversation.
  await person.sees("codex · sonnet");
  return { person, place, sim };
}

/** An answer that is still being written when somebody acts. */
const slow = (text: string) => ({ reply: [{ text }], deltas: 200, delayMs: 50 }) as const;

describe("a conversation", () => {
  test("is typed, answered, and left with a word on how to go on", async () => {
    const { person, place, sim } = await sit({
      turns: [
        { expect: { lastUserText: "hello there" }, reply: [{ text: "Hi you." }] },
        { expect: { bodyContains: ["hello there", "Hi you."] }, reply: [{ text: "Still here." }] },
      ],
    });
    person.type("hello there\r");
    await person.sees("Hi you.");
    await person.sees("cached)");
    person.type(CTRL_D);
    await person.sees(/go on with: sx -r [0-9a-f]{8}/);
    expect((await person.exit).exitCode).toBe(0);
    const [, id = ""] = /sx -r ([0-9a-f]{8})/.exec(person.all()) ?? [];
    const again = new Person(["-r", id], { place, env: sim.env });
    await again.sees("going on with session");
    again.type("and now\r");
    await again.sees("Still here.");
    await again.sees("cached)");
    again.type(CTRL_D);
    await again.exit;
    expect(sim.violations).toEqual([]);
  });

  test("keeps what is typed before anything is loaded", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [{ expect: { lastUserText: "early words" }, reply: [{ text: "Heard." }] }] });
    const person = new Person([], { place, env: sim.env });
    person.type("early words\r");
    await person.sees("Heard.");
    expect(sim.violations).toEqual([]);
  });

  test("a paste of many lines is one prompt", async () => {
    const { person, sim } = await sit({
      turns: [{ expect: { lastUserText: "one\ntwo\nthree" }, reply: [{ text: "Three lines." }] }],
    });
    person.type("\u001b[200~one\rtwo\rthree\u001b[201~");
    await person.sees("three");
    person.type("\r");
    await person.sees("Three lines.");
    expect(sim.violations).toEqual([]);
  });

  test("a long answer is in the scrollback once and in order, also when the window changes meanwhile", async () => {
    const lines = Array.from({ length: 400 }, (_, index) => `line ${index} of the answer`);
    const { person } = await sit({ turns: [{ reply: [{ text: lines.join("\n\n") }], deltas: 2000, delayMs: 1 }] });
    person.type("tell me\r");
    await person.sees("line 40 of");
    person.resize(70, 20);
    await person.sees("line 120 of");
    person.resize(100, 34);
    await person.sees("line 399 of the answer");
    await person.sees(/in \(\d+ cached\)/);
    const shown = person
      .all()
      .split("\n")
      .filter((row) => row.startsWith("line "));
    expect(shown).toEqual(lines);
  });
});

describe("a turn", () => {
  test("Esc stops it and keeps what was seen", async () => {
    const { person, sim } = await sit({
      turns: [
        slow("word ".repeat(400)),
        { expect: { bodyContains: ["word word"], lastUserText: "go on" }, reply: [{ text: "Gone on." }] },
      ],
    });
    person.type("talk\r");
    await person.sees("word word");
    person.type(ESC);
    await person.sees("stopped");
    person.type("go on\r");
    await person.sees("Gone on.");
    expect(sim.violations).toEqual([]);
  });

  test("Ctrl+C stops it, and twice at rest leaves", async () => {
    const { person } = await sit({ turns: [slow("word ".repeat(400))] });
    person.type("talk\r");
    await person.sees("word word");
    person.type(CTRL_C);
    await person.sees("stopped");
    person.type(CTRL_C);
    await person.sees("Ctrl+C again leaves");
    person.type(CTRL_C);
    expect((await person.exit).exitCode).toBe(0);
  });

  test("what is said meanwhile reaches the model at its next step, and waiting words come after", async () => {
    const { person, sim, place } = await sit(
      {
        turns: [
          { reply: [{ tool_use: { name: "bash", input: { command: "until [ -e go ]; do sleep 0.05; done" } } }] },
          { expect: { bodyContains: ["look at b too"] }, reply: [{ text: "Both done." }] },
          { expect: { lastUserText: "then sum up" }, reply: [{ text: "Summed up." }] },
        ],
      },
      ["--approval-mode", "all"],
    );
    person.type("work\r");
    await person.sees("until");
    person.type("look at b too\r");
    await person.sees("look at b too");
    person.type("~ then sum up\r");
    await person.sees("~ then sum up");
    await writeFile(join(place.project, "go"), "");
    await person.sees("Summed up.");
    const all = person.all();
    expect(all.indexOf("look at b too")).toBeLessThan(all.indexOf("Both done."));
    expect(all.indexOf("Both done.")).toBeLessThan(all.indexOf("Summed up."));
    expect(sim.violations).toEqual([]);
  });

  test("Up takes the last queued message back", async () => {
    const { person, sim } = await sit({ turns: [slow("word ".repeat(400))] });
    person.type("talk\r");
    await person.sees("word word");
    person.type("never mind this\r");
    await person.sees("never mind this");
    person.type(UP);
    await person.sees(/^> never mind this/m);
    person.type(CTRL_C);
    person.type(ESC);
    await person.sees("stopped");
    expect(sim.requests).toHaveLength(1);
  });
});

describe("a question before a call", () => {
  const script: Script = {
    turns: [
      { reply: [{ tool_use: { name: "bash", input: { command: "echo ran > proof" } } }] },
      { reply: [{ text: "All done." }] },
      { reply: [{ tool_use: { name: "bash", input: { command: "echo ran > proof" } } }] },
      { reply: [{ text: "Done again." }] },
    ],
  };
  const afterGuard = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 400));

  test("always allows exactly this, and it is not asked twice", async () => {
    const { person, place } = await sit(script);
    person.type("do it\r");
    await person.sees("echo ran > proof");
    await person.sees("always");
    expect(existsSync(join(place.project, "proof"))).toBe(false);
    await afterGuard();
    person.type("a");
    await person.sees("All done.");
    expect(await readFile(join(place.project, "proof"), "utf8")).toBe("ran\n");
    person.type("again\r");
    await person.sees("Done again.");
  });

  test("no is told to the model with the reason", async () => {
    const { person, sim, place } = await sit({
      turns: [
        { reply: [{ tool_use: { name: "bash", input: { command: "echo ran > proof" } } }] },
        { expect: { bodyContains: ["the user said no"] }, reply: [{ text: "I see." }] },
      ],
    });
    person.type("do it\r");
    await person.sees("always");
    await afterGuard();
    person.type("n");
    await person.sees("I see.");
    expect(existsSync(join(place.project, "proof"))).toBe(false);
    expect(sim.violations).toEqual([]);
  });

  test("keys typed ahead never answer it", async () => {
    const { person, place } = await sit(script);
    person.type("do it\ryyyy");
    await person.sees("always");
    expect(existsSync(join(place.project, "proof"))).toBe(false);
  });
});

describe("what the program itself does", () => {
  test("a command of one's own runs, and the model hears of it", async () => {
    const { person, sim } = await sit({
      turns: [{ expect: { bodyContains: ["forty-two", "I ran this command myself"] }, reply: [{ text: "Noted." }] }],
    });
    person.type("!echo forty-two\r");
    await person.sees(/✓.*forty-two/);
    person.type("what was that\r");
    await person.sees("Noted.");
    expect(sim.violations).toEqual([]);
  });

  test("a mentioned file goes along", async () => {
    const { person, sim, place } = await sit({
      turns: [{ expect: { bodyContains: ["the secret of pears"] }, reply: [{ text: "Read." }] }],
    });
    await writeFile(join(place.project, "notes.md"), "the secret of pears\n");
    person.type("see @notes.md please\r");
    await person.sees("Read.");
    expect(sim.violations).toEqual([]);
  });

  test("ends on the screen also when it cannot be run", async () => {
    const { person, place } = await sit({ turns: [] });
    await rm(place.project, { recursive: true });
    person.type("!ls\r");
    await person.sees("is not there");
    expect(person.all()).toContain("✗ bash ls");
    expect(person.all()).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] bash/);
  });

  test("an unknown command names the nearest, and a path is a prompt", async () => {
    const { person, sim } = await sit({
      turns: [{ expect: { lastUserText: "/usr/bin is what" }, reply: [{ text: "A folder." }] }],
    });
    person.type("/hepl\r");
    await person.sees("did you mean /help");
    person.type("/usr/bin is what\r");
    await person.sees("A folder.");
    expect(sim.violations).toEqual([]);
  });

  test("Shift+Tab goes through the modes, and all is confirmed", async () => {
    const { person } = await sit({ turns: [] });
    person.type(SHIFT_TAB);
    await person.sees("· edits ·");
    person.type(SHIFT_TAB);
    await person.sees("· plan ·");
    person.type(SHIFT_TAB);
    await person.sees("Run everything without a question");
  });

  test("a prompt of the project is shown before it is sent", async () => {
    const place = await makePlace();
    const sim = await openSim({
      turns: [{ expect: { lastUserText: "Review src please" }, reply: [{ text: "Fine." }] }],
    });
    await mkdir(join(place.project, ".claude/commands"), { recursive: true });
    await writeFile(
      join(place.project, ".claude/commands/review.md"),
      "---\ndescription: look\n---\nReview $ARGUMENTS please\n",
    );
    const person = new Person([], { place, env: sim.env });
    await person.sees("codex · sonnet");
    person.type("/review src\r");
    await person.sees(/^> Review src please/m);
    person.type("\r");
    await person.sees("Fine.");
    expect(sim.violations).toEqual([]);
  });

  test("$EDITOR gets the text and gives it back; its failure keeps it", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [] });
    const editor = join(place.home, "my editor");
    await writeFile(editor, '#!/bin/sh\n[ "$1" = --add ] && printf " and more" >> "$2"\n[ "$1" = --add ]\n');
    await chmod(editor, 0o755);
    const person = new Person([], { place, env: { ...sim.env, VISUAL: `"${editor}" --add` } });
    await person.sees("codex · sonnet");
    person.type("a draft");
    person.type(CTRL_X);
    await person.sees(/^> a draft and more/m);
    const other = new Person([], { place, env: { ...sim.env, EDITOR: `'${editor}' --fail` } });
    await other.sees("codex · sonnet");
    other.type("a draft");
    other.type(CTRL_X);
    await other.sees("ended with exit code 1");
    await other.sees(/^> a draft$/m);
  });
});

test("where the cursor cannot be moved it is a chat by lines", async () => {
  const place = await makePlace();
  const sim = await openSim({ turns: [{ reply: [{ text: "Plainly." }] }] });
  const person = new Person([], { place, env: { ...sim.env, TERM: "dumb" } });
  await person.sees("Ctrl+D leaves");
  person.type("hello\r");
  await person.sees("Plainly.");
  person.type(CTRL_D);
  expect((await person.exit).exitCode).toBe(0);
  expect(person.raw).not.toContain("\u001b[?2004h");
});

test("without any login it says how to get one, and asks nobody", async () => {
  const place = await makePlace();
  const person = new Person([], { place });
  await person.sees("no login and no API key");
  await person.sees("scorpiox-codex-fetchtoken login");
  person.type(CTRL_D);
  expect((await person.exit).exitCode).toBe(0);
});

describe("ends", () => {
  test.each([
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGINT", 130],
  ] as const)("%s puts the terminal right in the middle of an answer", async (signal, code) => {
    const { person } = await sit({ turns: [slow("word ".repeat(400))] });
    person.type("talk\r");
    await person.sees("word word");
    person.kill(signal);
    expect((await person.exit).exitCode).toBe(code);
    expectRestored(person.raw);
    await person.terminal.write("");
    expect(person.all()).toContain("word word");
    expect(person.all()).not.toMatch(/^>\s*$/m);
    expect(person.all()).toContain("go on with: sx -r");
  });

  test("kill -9 leaves a session that goes on", async () => {
    const { person, place, sim } = await sit({
      turns: [{ reply: [{ text: "First answer." }] }, slow("word ".repeat(400)), { reply: [{ text: "Back again." }] }],
    });
    person.type("one\r");
    await person.sees("First answer.");
    person.type("two\r");
    await person.sees("word word");
    person.kill("SIGKILL");
    await person.exit;
    const again = new Person(["-c"], { place, env: sim.env });
    await again.sees("First answer.");
    again.type("three\r");
    await again.sees("Back again.");
    expect(sim.violations).toEqual([]);
  });

  test("Ctrl+Z gives the terminal to the shell, and fg brings everything back", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [{ reply: [{ text: "After the pause." }] }] });
    const shell = new Person(["--norc", "--noprofile", "-i"], {
      place,
      command: ["/bin/bash"],
      env: { ...sim.env, PS1: "shell$ ", SX_NODE: process.execPath },
    });
    await shell.sees("shell$");
    const { BIN } = await import("../harness.js");
    shell.type(`"$SX_NODE" ${BIN}\r`);
    await shell.sees("codex · sonnet");
    shell.type("half a");
    await shell.sees(/^> half a/m);
    shell.type(CTRL_Z);
    await shell.sees("Stopped");
    shell.type("stty -a | grep -o ' icanon'; echo 'back:'fine\r");
    await shell.sees("back:fine");
    expect(shell.all()).toContain(" icanon");
    shell.type("fg\r");
    await shell.until(
      () =>
        shell
          .screen()
          .split("\n")
          .findLast((row) => row !== "")
          ?.startsWith("> half a") === true,
      "prompt",
    );
    shell.type(" prompt\r");
    await shell.sees("After the pause.");
  });
});

/** The cursor is shown, pastes and keys are as they were. */
function expectRestored(raw: string): void {
  expect(raw.lastIndexOf("\u001b[?2004l")).toBeGreaterThan(raw.lastIndexOf("\u001b[?2004h"));
  expect(raw.lastIndexOf("\u001b[?25h")).toBeGreaterThanOrEqual(raw.lastIndexOf("\u001b[?25l"));
  expect(raw).not.toMatch(/\u001b\[\?1049|\u001b\[[23]J/);
}
