import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Script } from "@scorpiox/sim";
import { describe, expect, test } from "vitest";
import { makePlace, openSim } from "../harness.js";
import { Person, type PersonOptions } from "./pty.js";

const CTRL_D = "\u0004";
const CTRL_U = "\u0015";

async function sit(script: Script, options: Partial<PersonOptions> & { readonly argv?: readonly string[] } = {}) {
  const { argv = [], ...rest } = options;
  const place = options.place ?? (await makePlace());
  const sim = await openSim(script);
  const person = new Person(argv, { place, ...rest, env: { ...sim.env, ...options.env } });
  await person.sees(/^>/m);
  await person.sees("sonnet");
  return { person, place, sim };
}

/** Answers a question as soon as it takes keys: those that come too early for a person to have read it are swallowed. */
async function say(person: Person, key: string, seen: string | RegExp): Promise<void> {
  const again = setInterval(() => person.type(key), 700);
  person.type(key);
  try {
    await person.sees(seen);
  } finally {
    clearInterval(again);
  }
  // One too many stands in the editor now.
  person.type(CTRL_U);
}

const call = (name: string, input: Readonly<Record<string, unknown>>) => ({ tool_use: { name, input } }) as const;
const WORDS = "word ".repeat(400);
const slow = { reply: [{ text: WORDS }], deltas: 200, delayMs: 50 } as const;

describe.each([40, 90])("what the model does is seen, %i columns wide:", (columns) => {
  test("tasks, questions, a running command, an edit that is taken back", async () => {
    const place = await makePlace();
    await writeFile(join(place.project, "greet.txt"), "hi\n");
    const tasks = (first: string, second: string) =>
      call("todo", {
        tasks: [
          { text: "look at it", status: first },
          { text: "change it", status: second },
        ],
      });
    const { person, sim } = await sit(
      {
        turns: [
          { reply: [tasks("active", "pending")] },
          { reply: [call("ask_user", { questions: [{ question: "Which one?", options: ["hello", "good day"] }] })] },
          {
            expect: { toolResults: [{ contains: "Answer: good day" }] },
            reply: [call("bash", { command: "echo begun; while [ ! -e stop ]; do sleep 0.05; done; echo over" })],
          },
          { reply: [call("read", { path: "greet.txt" })] },
          { reply: [call("edit", { path: "greet.txt", edits: [{ old_string: "hi", new_string: "good day" }] })] },
          { reply: [tasks("done", "done")] },
          { reply: [{ text: "All of it is done." }] },
        ],
      },
      { place, columns, env: { SX_APPROVAL_MODE: "all" } },
    );
    person.type("greet\r");
    await say(person, "2", "Answer: good day");
    await person.sees("▸ look at it");
    await person.sees("☐ change it");
    // Its output is seen while it still runs.
    await person.sees(/^ +begun$/m);
    await writeFile(join(place.project, "stop"), "");
    await person.sees("All of it is done.");
    await person.sees("cached)");
    await person.until(() => !person.screen().includes("change it"), "an empty list of tasks");
    expect(await readFile(join(place.project, "greet.txt"), "utf8")).toBe("good day\n");
    person.type("/undo\r");
    await person.sees(/Take back \d files?\?/);
    await say(person, "y", /files? taken back/);
    expect(await readFile(join(place.project, "greet.txt"), "utf8")).toBe("hi\n");
    for (const row of person.all().split("\n")) expect(row.length).toBeLessThanOrEqual(columns);
    expect(sim.violations).toEqual([]);
  });
});

test("a conversation is made shorter, brought back, and asked again", async () => {
  const { person, sim } = await sit(
    {
      turns: [
        { reply: [{ text: `FIRST ${"alpha ".repeat(3_000)}` }] },
        { reply: [{ text: "SECOND" }] },
        { expect: { bodyContains: "one please" }, reply: [{ text: "SUMMARY of it all" }] },
        {
          expect: { bodyContains: ["one please", "two please", "SUMMARY of it all"], lastUserText: "three" },
          reply: [{ text: "THIRD" }],
        },
        { expect: { bodyContains: ["FIRST", "SECOND"], lastUserText: "four" }, reply: [{ text: "FOURTH" }] },
        { expect: { bodyContains: ["FIRST", "THIRD"], lastUserText: "four" }, reply: [{ text: "FIFTH" }] },
      ],
    },
    { env: { CONTEXT_WINDOW: "6000", CONTEXT_AUTO_COMPACT: "0" } },
  );
  person.type("one please\r");
  await person.sees("FIRST");
  await person.sees("cached)");
  person.type("two please\r");
  await person.sees("SECOND");
  await person.until(() => (person.all().match(/cached\)/g) ?? []).length === 2, "the end of the second turn");
  person.type("/compact\r");
  await person.sees(/\d+ messages? summarised/);
  person.type("three\r");
  await person.sees("THIRD");
  await person.until(() => (person.all().match(/cached\)/g) ?? []).length === 3, "the end of the third turn");
  person.type("/compact undo\r");
  await person.sees("the conversation is whole again");
  person.type("four\r");
  await person.sees("FOURTH");
  await person.until(() => (person.all().match(/cached\)/g) ?? []).length === 4, "the end of the fourth turn");
  person.type("/retry\r");
  await person.sees("FIFTH");
  expect(sim.violations).toEqual([]);
});

test("a window that is nearly full is made room in by itself, and the chat says so", async () => {
  const { person, sim } = await sit(
    {
      turns: [
        { reply: [{ text: `FIRST ${"alpha ".repeat(3_000)}` }], usage: { inputTokens: 500, outputTokens: 500 } },
        { reply: [{ text: "SECOND" }], usage: { inputTokens: 5_000, outputTokens: 10 } },
        { expect: { bodyContains: "one please" }, reply: [{ text: "SUMMARY of it all" }] },
        { expect: { bodyContains: "SUMMARY of it all", lastUserText: "three" }, reply: [{ text: "THIRD" }] },
      ],
    },
    { env: { CONTEXT_WINDOW: "6000" } },
  );
  person.type("one please\r");
  await person.sees("FIRST");
  await person.sees("cached)");
  person.type("two please\r");
  await person.sees("SECOND");
  await person.until(() => (person.all().match(/cached\)/g) ?? []).length === 2, "the end of the second turn");
  person.type("three\r");
  await person.sees("the model's window was nearly full");
  await person.sees("THIRD");
  expect(sim.violations).toEqual([]);
});

test("sx -c after a kill in mid-answer shows the conversation, its tasks, and goes on", async () => {
  const { person, place, sim } = await sit({
    turns: [
      { reply: [call("todo", { tasks: [{ text: "still to do", status: "active" }] })] },
      { reply: [{ text: "First answer." }] },
      slow,
      { expect: { bodyContains: ["First answer.", "two", "three"] }, reply: [{ text: "Back again." }] },
    ],
  });
  person.type("one\r");
  await person.sees("First answer.");
  await person.sees("cached)");
  person.type("two\r");
  await person.sees("word word");
  person.kill("SIGKILL");
  await person.exit;
  const again = new Person(["-c"], { place, env: sim.env });
  await again.sees("going on with session");
  expect(again.all()).toContain("First answer.");
  expect(again.all()).toContain("> one");
  await again.sees("▸ still to do");
  again.type("three\r");
  await again.sees("Back again.");
  expect(sim.violations).toEqual([]);
});

test("a slash that is typed before anything is loaded opens its list", async () => {
  const place = await makePlace();
  const sim = await openSim({ turns: [] });
  const person = new Person([], { place, env: sim.env });
  person.type("/comp");
  await person.sees("/compact  ");
});

describe("trouble", () => {
  test("a terminal that takes nothing for a while misses nothing, and costs no memory", async () => {
    const lines = Array.from({ length: 4_000 }, (_, index) => `line ${index} ${"x".repeat(60)}`);
    const { person } = await sit({ turns: [{ reply: [{ text: lines.join("\n\n") }], deltas: 2_000, delayMs: 1 }] });
    person.type("tell me\r");
    await person.sees("line 20 ");
    const before = await residentMb(person.pid);
    person.stopReading();
    // The model goes on writing all of it meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect((await residentMb(person.pid)) - before).toBeLessThan(80);
    person.readOn();
    await person.sees("line 3999 ");
    await person.sees("cached)");
    const shown = person
      .all()
      .split("\n")
      .filter((row) => row.startsWith("line "));
    expect(shown).toEqual(lines);
    person.type(CTRL_D);
    expect((await person.exit).exitCode).toBe(0);
  }, 60_000);

  test("an error that nobody caught gives the terminal back, with one line", async () => {
    const place = await makePlace();
    const crash = join(place.home, "crash.cjs");
    await writeFile(crash, `process.on("SIGUSR2", () => { throw new Error("out of luck"); });\n`);
    const { person } = await sit({ turns: [slow] }, { place, env: { NODE_OPTIONS: `--require ${crash}` } });
    person.type("talk\r");
    await person.sees("word word");
    person.kill("SIGUSR2");
    expect((await person.exit).exitCode).not.toBe(0);
    await person.terminal.write("");
    expect(person.raw.lastIndexOf("\u001b[?2004l")).toBeGreaterThan(person.raw.lastIndexOf("\u001b[?2004h"));
    expect(person.raw.lastIndexOf("\u001b[?25h")).toBeGreaterThanOrEqual(person.raw.lastIndexOf("\u001b[?25l"));
    expect(person.all().match(/out of luck/g)).toHaveLength(1);
    expect(person.all()).not.toMatch(/^\s+at /m);
  });

  test("a window that is closed ends the chat, and its session is whole", async () => {
    const { person, place, sim } = await sit({ turns: [slow, { reply: [{ text: "Back again." }] }] });
    person.type("talk\r");
    await person.sees("word word");
    person.hangUp();
    await gone(person.pid);
    const folder = join(place.home, ".scorpiox", "sessions");
    const file =
      (await readdir(folder, { recursive: true })).find((name) => name.endsWith(".jsonl") && !name.includes(".undo")) ??
      "";
    const entries = (await readFile(join(folder, file), "utf8")).trim().split("\n");
    expect(entries.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual(
      expect.arrayContaining(["user", "assistant", "turn_end", "end"]),
    );
    const again = new Person(["-c"], { place, env: sim.env });
    await again.sees("word word");
    again.type("go on\r");
    await again.sees("Back again.");
  });
});

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

/** Resolves when the process has ended. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") Z");
    if (/\) [ZX]/.test(state)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
