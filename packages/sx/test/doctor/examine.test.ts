import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { doctor } from "../../src/chat/commands/command-doctor.js";
import { examine } from "../../src/doctor/examine.js";
import { examineTerminal } from "../../src/doctor/examine-terminal.js";
import { fakeChat, type FakeOptions } from "../chat/fake-chat.js";
import { makePlace } from "../harness.js";

async function findings(options: FakeOptions = {}) {
  const { chat } = await fakeChat(options);
  const { io, cwd, configuration, secrets } = chat;
  return (await examine({ io, cwd, configuration, secrets })).map(
    ({ area, level, text }) => `${level} ${area}: ${text}`,
  );
}

test("without a login it says so and what to do", async () => {
  const { chat, printed, notes } = await fakeChat();
  await doctor.run(chat, "");
  expect(printed[0]).toContain(
    "- ✗ **credentials** `no login and no API key was found`: scorpiox-codex-fetchtoken login",
  );
  expect(notes[0]).toMatch(/^warning: \d+ things? needs? a look/);
});

test("with a key it names who can be asked, and never the key", async () => {
  const found = await findings({ env: { ANTHROPIC_API_KEY: "sk-ant-verysecretvalue1234" } });
  expect(found).toContain("ok credentials: present for anthropic");
  expect(found.join("\n")).not.toContain("verysecret");
});

test("a provider without a credential is a warning", async () => {
  const found = await findings({ env: { ANTHROPIC_API_KEY: "sk-ant-x", PROVIDER: "gemini" } });
  expect(found).toContain("warning provider: gemini is chosen (environment), and nothing is set up for it");
});

test("what is wrong in files is told", async () => {
  const place = await makePlace();
  await mkdir(join(place.home, ".scorpiox"));
  await writeFile(join(place.home, ".scorpiox", "scorpiox-env.txt"), "MODEL=a\nMODEL=b\nMODLE=c\n");
  const found = await findings({ place });
  expect(found).toContain("warning configuration: MODEL stands 2 times in ~/.scorpiox/scorpiox-env.txt, lines 1, 2");
  expect(found.some((line) => line.startsWith("warning configuration:") && line.includes("MODLE"))).toBe(true);
});

test("a place that cannot be written is told", async () => {
  const place = await makePlace();
  await writeFile(join(place.home, "file"), "");
  const { chat } = await fakeChat({ place });
  const { cwd, configuration, secrets } = chat;
  const io = { ...chat.io, env: { ...chat.io.env, SCORPIOX_HOME: join(place.home, "file", "x") } };
  const found = await examine({ io, cwd, configuration, secrets });
  expect(found.find(({ area }) => area === "sessions")).toMatchObject({
    level: "error",
    text: "~/file/x cannot be written: nothing is kept",
  });
});

describe("the terminal", () => {
  test.each([
    [{ TERM: "dumb", LANG: "C.UTF-8" }, 80, ["warning dumb, 80×24, no colours"]],
    [
      { TERM: "xterm-256color", LANG: "en_GB.UTF-8", TMUX: "x" },
      80,
      ["ok xterm-256color, 80×24, colours, within tmux"],
    ],
    [
      { TERM: "xterm", NO_COLOR: "1", LC_ALL: "C" },
      30,
      ["ok xterm, 30×24, no colours", "warning narrower than 40 columns", "warning the locale is C"],
    ],
  ])("%j", async (env, columns, expected) => {
    const { chat } = await fakeChat();
    const stdout = Object.assign(new PassThrough(), { isTTY: true, columns, rows: 24 });
    const { cwd, configuration, secrets } = chat;
    const found = examineTerminal({ io: { ...chat.io, env, stdout }, cwd, configuration, secrets });
    expect(found.map(({ level, text }) => `${level} ${text}`)).toEqual(expected);
  });
});
