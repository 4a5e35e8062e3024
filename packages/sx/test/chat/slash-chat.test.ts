import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Script } from "@scorpiox/sim";
import { expect, test } from "vitest";
import { makePlace, openSim } from "../harness.js";
import { Person, type PersonOptions } from "./pty.js";

const CTRL_D = "\u0004";
const CTRL_U = "\u0015";

async function sit(script: Script, options: Partial<PersonOptions> = {}) {
  const place = options.place ?? (await makePlace());
  const sim = await openSim(script);
  const person = new Person([], { place, ...options, env: { ...sim.env, ...options.env } });
  await person.sees(/^>/m);
  await person.sees("sonnet");
  return { person, place, sim };
}

/** Answers a question as soon as it takes keys: those that come too early for a person to have read it are swallowed. */
async function say(person: Person, key: string, seen: string): Promise<void> {
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

const HELLO: Script = { turns: [{ reply: [{ text: "Hello.\n\n```sh\nnpm test\n```\n" }] }] };

test.each([40, 90])("looks at a conversation, %i columns wide", async (columns) => {
  const { person, place } = await sit(HELLO, { columns });
  person.type("hi\r");
  await person.sees("npm test");
  await person.sees(/cached\)/);
  person.type("/context\r");
  await person.sees("▒ conversation");
  person.type("/cost\r");
  await person.sees(/1 answer/);
  person.type("/doctor\r");
  await person.sees(/all is well|need a look|needs a look/);
  person.type("/export talk.md\r");
  await person.sees("written to");
  expect(await readFile(join(place.project, "talk.md"), "utf8")).toContain("npm test");
  person.type("/copy 1\r");
  await person.sees("characters copied");
  expect(person.raw).toContain(`\u001b]52;c;${Buffer.from("npm test").toString("base64")}\u0007`);
  person.type("/export talk.md\r");
  await person.sees("Overwrite it?");
  await say(person, "n", "nothing was written");
  person.type(CTRL_D);
  expect((await person.exit).exitCode).toBe(0);
});

test("takes a tool away from the model, and file changes back", async () => {
  const { person, place, sim } = await sit({
    turns: [
      {
        reply: [{ tool_use: { name: "write", input: { path: "new.txt", content: "made\n" } } }],
      },
      { reply: [{ text: "Written." }] },
      { reply: [{ text: "Without it." }] },
    ],
  });
  person.type("/approvals edits\r");
  await person.sees("approvals: edits");
  person.type("make a file\r");
  await person.sees("Written.");
  await person.sees(/cached\)/);
  person.type("/diff\r");
  await person.sees("+made");
  person.type("/undo\r");
  await person.sees("Take back 1 file?");
  await say(person, "y", "1 file taken back");
  await expect(readFile(join(place.project, "new.txt"))).rejects.toThrow("ENOENT");
  person.type("/tools write off\r");
  await person.sees("write: off");
  person.type("again\r");
  await person.sees("Without it.");
  const { tools } = JSON.parse(String(sim.requests.at(-1)?.body)) as {
    readonly tools: readonly { readonly name: string }[];
  };
  const offered = tools.map(({ name }) => name);
  expect(offered).toContain("edit");
  expect(offered).not.toContain("write");
  person.type(CTRL_D);
  await person.exit;
});

test("goes back to a prompt, and on with another session", async () => {
  const { person } = await sit({ turns: [{ reply: [{ text: "One." }] }, { reply: [{ text: "Two." }] }] });
  person.type("first words\r");
  await person.sees("One.");
  await person.sees(/cached\)/);
  person.type("/rewind\r");
  await person.sees("Go back to before");
  person.type("\r");
  await person.sees("stands in the editor again");
  await person.until(() => /^> first words/m.test(person.screen()), "the prompt in the editor");
  person.type(" changed\r");
  await person.sees("Two.");
  person.type("/clear\r");
  await person.sees("an empty conversation");
  person.type("/resume\r");
  await person.sees(/first words .*2 messages/);
  person.type("\r");
  await person.sees("going on with session");
  person.type(CTRL_D);
  await person.exit;
});

test("uses a profile for the session, and keeps the old one when that cannot be", async () => {
  const place = await makePlace();
  const folder = join(place.home, ".scorpiox", "scorpiox-env");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "deep.txt"), "MODEL=opus\n");
  await writeFile(join(folder, "broken.txt"), "MODEL=no such model\nPROVIDER=anthropic\n");
  const { person } = await sit({ turns: [] }, { place });
  person.type("/use broken\r");
  await person.sees("all stays as it was");
  person.type("/use deep\r");
  await person.sees("profile deep, for this session");
  await person.sees("codex opus answers");
  person.type(CTRL_D);
  await person.exit;
});
