import { describe, expect, test } from "vitest";
import { findSlashCommand, nearSlashCommands, SLASH_COMMANDS } from "../../src/chat/slash-commands.js";
import { fakeChat } from "./fake-chat.js";

describe.each(SLASH_COMMANDS)("/$name", (row) => {
  test("says of itself what the table says of it", async () => {
    const { name, summary, argument, aliases, changesState } = await row.load();
    const told = { name: row.name, summary: row.summary, argument: row.argument, aliases: row.aliases };
    expect({ name, summary, argument, aliases }).toEqual(told);
    expect(changesState).toBe(row.changesState);
  });

  test("fits a list at 40 columns", () => {
    expect(`/${row.name} `.length + row.summary.length).toBeLessThanOrEqual(60);
    expect(row.summary).toMatch(/^[a-z][^\n]*[^.]$/);
  });

  test("completes without a question, also nonsense", async () => {
    const { complete } = await row.load();
    const fake = await fakeChat();
    for (const typed of ["", "x", "../..", "\u0000"]) {
      for (const { value } of (await complete?.(fake.chat, typed)) ?? []) expect(value).not.toMatch(/[\u0000-\u001f]/);
    }
    expect(fake.questions).toEqual([]);
    expect(fake.calls).toEqual([]);
  });
});

test("names and aliases are there once", () => {
  const names = SLASH_COMMANDS.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
});

test("a name is found in any case, and a near one when it is none", () => {
  expect(findSlashCommand("UNDO")?.name).toBe("undo");
  expect(findSlashCommand("und")).toBeUndefined();
  expect(nearSlashCommands("udno", [])).toContain("/undo");
});
