import { describe, expect, test } from "vitest";
import { undo } from "../../../src/chat/commands/command-undo.js";
import type { UndoStep } from "../../../src/chat/slash-command.js";
import { makePlace } from "../../harness.js";
import { fakeChat } from "../fake-chat.js";

const SAFE: UndoStep = { file: "/elsewhere/a.ts", action: "restore" };
const CHANGED: UndoStep = { file: "/elsewhere/b.ts", action: "restore", conflict: "changed since" };
const LOST: UndoStep = { file: "/elsewhere/c.ts", action: "none", conflict: "changed by a command" };

async function sit(
  plan: readonly UndoStep[],
  answers: Pick<Parameters<typeof fakeChat>[0] & object, "picks" | "confirms">,
) {
  const asked: unknown[] = [];
  const fake = await fakeChat({
    ...answers,
    control: {
      planUndo(of) {
        asked.push(of);
        return Promise.resolve(plan);
      },
    },
  });
  return { fake, asked };
}

describe("what is taken back", () => {
  test("is shown and asked first", async () => {
    const { fake } = await sit([SAFE], { confirms: [true] });
    await fake.run(undo);
    expect(fake.printed).toEqual(["- `/elsewhere/a.ts` as it was"]);
    expect(fake.questions).toEqual(["Take back 1 file?"]);
    expect(fake.calls).toEqual([["undo", [SAFE]]]);
  });

  test.each([
    ["safe", [["undo", [SAFE]]]],
    ["all", [["undo", [SAFE, CHANGED]]]],
    ["none", []],
    [undefined, []],
  ])("with conflicts is what the person says: %s", async (choice, calls) => {
    const { fake } = await sit([SAFE, CHANGED, LOST], { picks: [choice] });
    await fake.run(undo);
    expect(fake.printed[0]).toContain("- `/elsewhere/b.ts` as it was · ⚠ `changed since`");
    expect(fake.printed[0]).toContain("- `/elsewhere/c.ts` stays · ⚠ `changed by a command`");
    expect(fake.calls).toEqual(calls);
  });

  test("is nothing after a no", async () => {
    const { fake } = await sit([SAFE], { confirms: [false] });
    await fake.run(undo);
    expect(fake.calls).toEqual([]);
    expect(fake.notes).toEqual(["info: nothing was changed"]);
  });

  test("is nothing where there is no copy", async () => {
    const { fake } = await sit([LOST], {});
    await fake.run(undo);
    expect(fake.questions).toEqual([]);
    expect(fake.calls).toEqual([]);
  });
});

test("redo takes the last undo back", async () => {
  const { fake, asked } = await sit([SAFE], { confirms: [true] });
  await fake.run(undo, "redo");
  expect(asked).toEqual([{ redo: true }]);
  expect(fake.calls).toEqual([["undo", [SAFE]]]);
});

test("names files from the folder that one works in", async () => {
  const place = await makePlace();
  const plan: readonly UndoStep[] = [{ file: `${place.project}/src/a.ts`, action: "delete" }];
  const fake = await fakeChat({ place, control: { planUndo: () => Promise.resolve(plan) } });
  await fake.run(undo);
  expect(fake.printed).toEqual(["- `src/a.ts` deleted again"]);
});

test("says when there is nothing, and what may be written", async () => {
  const fake = await fakeChat();
  await fake.run(undo);
  await fake.run(undo, "redo");
  expect(fake.notes).toEqual(["info: there are no file changes to take back", "info: there is no undo to take back"]);
  await expect(fake.run(undo, "all")).rejects.toThrow("/undo redo");
});
