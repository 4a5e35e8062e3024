import { describe, expect, test } from "vitest";
import { makePlace, openSim } from "../harness.js";
import type { Script } from "@scorpiox/sim";
import { Person, type PersonOptions } from "./pty.js";

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";

async function sit(script: Script, argv: readonly string[] = [], options: Partial<PersonOptions> = {}) {
  const place = await makePlace();
  const sim = await openSim(script);
  const person = new Person(argv, { place, ...options, env: { ...sim.env, ...options.env } });
  return { person, place, sim };
}

describe("a conversation", () => {
  test("is typed, answered, and left with a word on how to go on", async () => {
    const { person, sim } = await sit({ turns: [{ expect: { lastUserText: "hello there" }, reply: [{ text: "Hi **you**." }] }] });
    await person.sees(/^>/m);
    person.type("hello there\r");
    await person.sees("Hi you.");
    person.type(CTRL_D);
    await person.sees(/go on with: sx -r [0-9a-f]{8}/);
    expect((await person.exit).exitCode).toBe(0);
    expect(sim.violations).toEqual([]);
  });
});
