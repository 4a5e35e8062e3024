import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { copy } from "../../../src/chat/commands/command-copy.js";
import { makePlace } from "../../harness.js";
import { answer, fakeChat, user } from "../fake-chat.js";

const ANSWER = "Run this:\n\n```sh\nnpm test\n```\n\n- or\n\n  ```js\n  go();\n  ```\n";
const MESSAGES = [user("how"), answer(ANSWER), user("thanks")];
const osc = (text: string) => `\u001b]52;c;${Buffer.from(text).toString("base64")}\u0007`;
const EMPTY_PATH = { PATH: "/nowhere" };

test.each([
  ["", ANSWER],
  ["1", "npm test"],
  ["2", "go();"],
])("asks the terminal to take %j", async (argument, text) => {
  const fake = await fakeChat({ messages: MESSAGES, env: EMPTY_PATH });
  await fake.run(copy, argument);
  expect(fake.stdout()).toBe(osc(text));
  expect(fake.notes[0]).toContain(`${text.length} characters copied by the terminal (OSC 52); if it has not arrived`);
});

test("goes through a program where one serves this display", async () => {
  const place = await makePlace();
  const bin = join(place.home, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "wl-copy"), `#!/bin/sh\nexec cat > '${place.home}/clipboard'\n`);
  await chmod(join(bin, "wl-copy"), 0o755);
  const env = { PATH: `${bin}:/usr/bin:/bin`, WAYLAND_DISPLAY: "wayland-0" };
  const fake = await fakeChat({ place, messages: MESSAGES, env });
  await fake.run(copy, "1");
  expect(await readFile(join(place.home, "clipboard"), "utf8")).toBe("npm test");
  expect(fake.notes).toEqual(["success: 8 characters copied by wl-copy and the terminal (OSC 52)"]);
});

test("a program in the workspace is never run", async () => {
  const place = await makePlace();
  await writeFile(join(place.project, "wl-copy"), `#!/bin/sh\nexec cat > '${place.home}/stolen'\n`);
  await chmod(join(place.project, "wl-copy"), 0o755);
  const fake = await fakeChat({ place, messages: MESSAGES, env: { PATH: place.project, WAYLAND_DISPLAY: "w" } });
  await fake.run(copy, "1");
  await expect(readFile(join(place.home, "stolen"))).rejects.toThrow();
});

test.each([
  ["3", 'there is no block "3": the last answer has 2 code blocks'],
  ["x", 'there is no block "x"'],
])("has no block %s", async (argument, message) => {
  const fake = await fakeChat({ messages: MESSAGES, env: EMPTY_PATH });
  await expect(fake.run(copy, argument)).rejects.toThrow(message);
});

test("says when no clipboard takes it", async () => {
  const fake = await fakeChat({ messages: [answer("x".repeat(100_000))], env: EMPTY_PATH });
  await expect(fake.run(copy)).rejects.toThrow("no way to a clipboard for 100000 characters");
});

test("a secret does not leave", async () => {
  const secret = "sk-ant-verysecretvalue1234";
  const fake = await fakeChat({
    messages: [answer(`it is ${secret}`)],
    env: { ...EMPTY_PATH, ANTHROPIC_API_KEY: secret },
  });
  await fake.run(copy);
  const [, data = ""] = /52;c;([^\u0007]*)/.exec(fake.stdout()) ?? [];
  const copied = Buffer.from(data, "base64").toString("utf8");
  expect(copied).toContain("it is ");
  expect(copied).not.toContain("verysecret");
});

test("completes the blocks", async () => {
  const fake = await fakeChat({ messages: MESSAGES });
  expect(await copy.complete?.(fake.chat, "")).toEqual([
    { value: "1", detail: "npm test" },
    { value: "2", detail: "go();" },
  ]);
});
