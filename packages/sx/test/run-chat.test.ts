import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Script } from "@scorpiox/sim";
import { SignalReceived } from "@scorpiox/sxutil";
import { describe, expect, test } from "vitest";
import { main } from "../src/main.js";
import { makePlace, openSim, type Place } from "./harness.js";

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";

/** A person at a terminal: types keys, waits for what the screen shows. */
class Person {
  readonly #stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  readonly #stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 100 });
  readonly #controller = new AbortController();
  readonly code: Promise<number>;
  screen = "";

  constructor(argv: readonly string[], place: Place, env: Readonly<Record<string, string>>) {
    this.#stdout.on("data", (chunk: Buffer) => {
      this.screen += chunk.toString();
    });
    this.code = main(argv, {
      stdin: this.#stdin,
      stdout: this.#stdout,
      stderr: new PassThrough(),
      env: { PATH: process.env["PATH"], HOME: place.home, NO_COLOR: "1", ...env },
      cwd: place.project,
      home: place.home,
      signal: this.#controller.signal,
    });
  }

  type(keys: string): void {
    this.#stdin.write(keys);
  }

  signal(name: NodeJS.Signals): void {
    this.#controller.abort(new SignalReceived(name));
  }

  async sees(text: string): Promise<void> {
    const from = this.#seen;
    while (!this.screen.includes(text, from)) await new Promise((resolve) => setImmediate(resolve));
    this.#seen = this.screen.indexOf(text, from) + text.length;
  }

  #seen = 0;
}

async function sit(
  script: Script,
  argv: readonly string[] = [],
): Promise<{ person: Person; place: Place; sim: Awaited<ReturnType<typeof openSim>> }> {
  const place = await makePlace();
  const sim = await openSim(script);
  return { person: new Person(argv, place, sim.env), place, sim };
}

describe("a conversation", () => {
  test("keeps what was said, and Ctrl+D leaves", async () => {
    const { person, sim } = await sit({
      turns: [
        { expect: { lastUserText: "hello" }, reply: [{ text: "Hi there." }] },
        { expect: { lastUserText: "again", bodyContains: ["hello", "Hi there."] }, reply: [{ text: "Second." }] },
      ],
    });
    await person.sees("> ");
    person.type("hello\r");
    await person.sees("Hi there.");
    await person.sees("> ");
    person.type("again\r");
    await person.sees("Second.");
    await person.sees("> ");
    person.type(CTRL_D);
    expect(await person.code).toBe(0);
    expect(sim.violations).toEqual([]);
  });

  test("begins with the prompt of the command line", async () => {
    const { person } = await sit(
      { turns: [{ expect: { lastUserText: "start here" }, reply: [{ text: "Started." }] }] },
      ["start here"],
    );
    await person.sees("Started.");
    await person.sees("> ");
    person.type(CTRL_D);
    expect(await person.code).toBe(0);
  });

  test("a trailing backslash continues the line", async () => {
    const { person } = await sit({ turns: [{ expect: { lastUserText: "one\ntwo" }, reply: [{ text: "Both." }] }] });
    await person.sees("> ");
    person.type("one\\\r");
    await person.sees("… ");
    person.type("two\r");
    await person.sees("Both.");
    person.type(CTRL_D);
    expect(await person.code).toBe(0);
  });

  test("goes on after an error", async () => {
    const { person } = await sit({ turns: [{ status: "context_too_long" }, { reply: [{ text: "Better." }] }] });
    await person.sees("> ");
    person.type("too much\r");
    await person.sees("codex answered 400");
    await person.sees("> ");
    person.type("less\r");
    await person.sees("Better.");
    person.type(CTRL_D);
    expect(await person.code).toBe(0);
  });
});

test("what was said is kept, with what was asked of the person, and -c goes on from it", async () => {
  const { person, place, sim } = await sit({
    turns: [
      { reply: [{ tool_use: { name: "bash", input: { command: "true" }, id: "c1" } }] },
      { reply: [{ text: "First." }] },
      { expect: { bodyContains: ["remember this", "First."] }, reply: [{ text: "Second." }] },
    ],
  });
  await person.sees("> ");
  person.type("remember this\r");
  await person.sees("no, or say why");
  person.type("y\r");
  await person.sees("First.");
  await person.sees("> ");
  person.type(CTRL_D);
  expect(await person.code).toBe(0);
  const again = new Person(["-c", "go on"], place, sim.env);
  await again.sees("remember this · 4 messages");
  await again.sees("Second.");
  again.type(CTRL_D);
  expect(await again.code).toBe(0);
  expect(sim.violations).toEqual([]);
  const { listSessions } = await import("../src/sessions/list-sessions.js");
  const { readEntries } = await import("../src/sessions/read-entries.js");
  const [session] = await listSessions(join(place.home, ".scorpiox", "sessions"), place.project);
  const { entries } = await readEntries(session?.path ?? "");
  expect(entries.find(({ kind }) => kind === "approval")).toMatchObject({ toolName: "bash", allowed: true });
});

describe("what the service refuses", () => {
  test("is taken back, so that the next prompt does not fail for it too", async () => {
    const call = { tool_use: { name: "glob", input: { pattern: "*" }, id: "the-call" } };
    const { person, sim } = await sit({
      turns: [
        { status: "context_too_long" },
        { reply: [call] },
        // The service takes no further request with the answer above in it.
        { status: "invalid_request" },
        { reply: [{ text: "Going on." }] },
      ],
    });
    await person.sees("> ");
    person.type("much too long\r");
    await person.sees("taken back");
    await person.sees("> ");
    person.type("look\r");
    await person.sees("taken back");
    await person.sees("> ");
    person.type("and now\r");
    await person.sees("Going on.");
    person.type(CTRL_D);
    await person.code;
    const told = JSON.stringify(sim.requests.at(-1)?.messages);
    expect(told).toContain("look");
    expect(told).not.toContain("much too long");
    expect(told).not.toContain("the-call");
  });
});

describe("typing while an answer is written", () => {
  const slow: Script = {
    turns: [
      {
        delayMs: 20,
        deltas: 4,
        reply: [{ text: "This takes a moment." }, { tool_use: { name: "bash", input: { command: "touch made.txt" } } }],
      },
      { expect: { toolResults: [{ contains: "the user said no" }] }, reply: [{ text: "Over." }] },
      { reply: [{ text: "You said: {{lastUserText}}" }] },
    ],
  };

  test("a line waits for the prompt and answers no question", async () => {
    const { person, place, sim } = await sit(slow);
    await person.sees("> ");
    person.type("go\r");
    await person.sees("This");
    person.type("y\r");
    await person.sees("bash wants to run: touch made.txt");
    await person.sees("or say why");
    person.type("n\r");
    await person.sees("You said: y");
    person.type(CTRL_D);
    expect(await person.code).toBe(0);
    expect(await exists(join(place.project, "made.txt"))).toBe(false);
    expect(sim.violations).toEqual([]);
  });

  test("half a line stands at the next prompt and is not drawn into the answer", async () => {
    const { person, sim } = await sit(slow);
    await person.sees("> ");
    person.type("go\r");
    await person.sees("This");
    person.type("half");
    await person.sees("or say why");
    expect(person.screen).toContain("This takes a moment.");
    person.type("\r");
    await person.sees("Over.");
    await person.sees("> ");
    await person.sees("half");
    person.type(" and half\r");
    await person.sees("You said: half and half");
    person.type(CTRL_D);
    await person.code;
    expect(sim.violations).toEqual([]);
  });

  test("a line for a turn that was stopped is shown, not sent", async () => {
    const { person, sim } = await sit({
      turns: [{ reply: [{ text: "word ".repeat(400) }], deltas: 5, stallAfterBytes: 6000 }],
    });
    await person.sees("> ");
    person.type("go\r");
    await person.sees("word");
    person.type("and then\r");
    person.type(CTRL_C);
    await person.sees("stopped");
    await person.sees("> ");
    await person.sees("and then");
    person.type(CTRL_C);
    await person.sees("Ctrl+C again");
    person.type(CTRL_D);
    expect(await person.code).toBe(0);
    expect(sim.requests).toHaveLength(1);
  });
});

describe("a paste of several lines", () => {
  test("is one prompt, once Enter is pressed", async () => {
    const { person, sim } = await sit({
      turns: [{ expect: { lastUserText: "see: one\ntwo\nthree" }, reply: [{ text: "Seen." }] }],
    });
    await person.sees("> ");
    person.type("see: \u001b[200~one\rtwo\rthree\r\u001b[201~");
    await person.sees("[paste 1: 3 lines]");
    expect(sim.requests).toHaveLength(0);
    person.type("\r");
    await person.sees("Seen.");
    person.type(CTRL_D);
    await person.code;
    expect(sim.violations).toEqual([]);
  });
});

describe("stopping", () => {
  test("Ctrl+C before the first prompt leaves with 130", async () => {
    const { person } = await sit({ turns: [] }, ["never sent"]);
    person.type(CTRL_C);
    expect(await person.code).toBe(130);
  });

  test("--timeout during a question ends the turn, not the chat", async () => {
    const { person, place } = await sit(
      {
        turns: [
          { reply: [{ tool_use: { name: "bash", input: { command: "touch made.txt" } } }] },
          { reply: [{ text: "Next." }] },
        ],
      },
      ["--timeout", "0.3"],
    );
    await person.sees("> ");
    person.type("go\r");
    await person.sees("or say why");
    await person.sees("--timeout was reached");
    await person.sees("> ");
    person.type("y\r");
    await person.sees("Next.");
    person.type(CTRL_D);
    expect(await person.code).toBe(0);
    expect(await exists(join(place.project, "made.txt"))).toBe(false);
  });

  test("Ctrl+C stops the turn, not the chat; what was seen stays part of the conversation", async () => {
    const { person } = await sit({
      turns: [
        { reply: [{ text: `Seen so far. ${"word ".repeat(400)}` }], deltas: 5, stallAfterBytes: 6000 },
        { expect: { bodyContains: "Seen so far." }, reply: [{ text: "Going on." }] },
      ],
    });
    await person.sees("> ");
    person.type("go\r");
    await person.sees("Seen so far.");
    person.type(CTRL_C);
    await person.sees("stopped");
    await person.sees("> ");
    person.type("go on\r");
    await person.sees("Going on.");
    person.type(CTRL_D);
    expect(await person.code).toBe(0);
  });

  test("Ctrl+C twice at the prompt leaves with 130", async () => {
    const { person } = await sit({ turns: [] });
    await person.sees("> ");
    person.type(CTRL_C);
    await person.sees("Ctrl+C again");
    person.type(CTRL_C);
    expect(await person.code).toBe(130);
  });

  test("SIGTERM in a turn ends the chat with 143", async () => {
    const { person } = await sit({
      turns: [{ reply: [{ text: "word ".repeat(400) }], deltas: 5, stallAfterBytes: 6000 }],
    });
    await person.sees("> ");
    person.type("go\r");
    await person.sees("word");
    person.signal("SIGTERM");
    expect(await person.code).toBe(143);
  });
});

describe("approvals", () => {
  const script = (file: string): Script => ({
    turns: [
      { reply: [{ tool_use: { name: "bash", input: { command: `touch ${file}` } } }] },
      { expect: { toolResults: [{}] }, reply: [{ text: "Over." }] },
    ],
  });

  test.each([
    { answer: "y\r", made: true, told: "" },
    { answer: "n\r", made: false, told: "the user said no" },
    { answer: "use another name\r", made: false, told: "the user said no: use another name" },
    { answer: CTRL_C, made: false, told: undefined },
  ])("$answer", async ({ answer, made, told }) => {
    const { person, place, sim } = await sit(script("made.txt"));
    await person.sees("> ");
    person.type("do it\r");
    await person.sees("bash wants to run: touch made.txt");
    person.type(answer);
    await person.sees(told === undefined ? "stopped" : "Over.");
    person.type(CTRL_D);
    expect(await person.code).toBe(0);
    expect(await exists(join(place.project, "made.txt"))).toBe(made);
    if (told !== undefined) expect(sim.requests[1]?.toolResults[0]?.text).toContain(told);
  });

  test("show every line of a command and of a change, and each call once", async () => {
    const command = `echo ${"long ".repeat(60)}\n  y yes · n no: \necho last`;
    const { person } = await sit({
      turns: [
        { reply: [{ tool_use: { name: "bash", input: { command } } }] },
        { reply: [{ tool_use: { name: "write", input: { path: "n.txt", content: "one\n".repeat(100) } } }] },
        { reply: [{ text: "Over." }] },
      ],
    });
    await person.sees("> ");
    person.type("do it\r");
    await person.sees("or say why");
    for (const line of command.split("\n")) expect(person.screen).toContain(`  │ ${line}\n`);
    person.type("y\r");
    await person.sees("write wants to change: n.txt");
    await person.sees("… 60 more lines");
    await person.sees("show all");
    person.type("a\r");
    await person.sees("show all");
    expect(person.screen.split("│ + one\n")).toHaveLength(141);
    person.type("n\r");
    await person.sees("Over.");
    person.type(CTRL_D);
    await person.code;
    expect(person.screen).not.toContain("● bash");
  });

  test("show what a command hides", async () => {
    const { person } = await sit(script("a\u202egnp.exe\u001b[2K"));
    await person.sees("> ");
    person.type("do it\r");
    await person.sees("touch a\\u{202e}gnp.exe\\u{1b}[2K");
    person.type("n\r");
    await person.sees("Over.");
    person.type(CTRL_D);
    await person.code;
  });
});

test("what the model writes cannot steer the terminal", async () => {
  const place = await makePlace();
  await writeFile(join(place.project, "x"), "");
  const sim = await openSim({ turns: [{ reply: [{ text: "a\u001b]52;c;ZXZpbA==\u0007b\u001b[2Jc" }] }] });
  const person = new Person([], place, sim.env);
  await person.sees("> ");
  person.type("go\r");
  await person.sees("abc");
  person.type(CTRL_D);
  await person.code;
  expect(person.screen).not.toContain("\u001b]52");
});

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
