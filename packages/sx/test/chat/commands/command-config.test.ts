import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { config } from "../../../src/chat/commands/command-config.js";
import { makePlace, type Place } from "../../harness.js";
import { fakeChat } from "../fake-chat.js";

const file = (place: Place) => join(place.home, ".scorpiox", "scorpiox-env.txt");

async function withFile(text: string): Promise<Place> {
  const place = await makePlace();
  await mkdir(join(place.home, ".scorpiox"));
  await writeFile(file(place), text);
  return place;
}

describe("a key", () => {
  test("is shown with its origin and what it hides", async () => {
    const place = await withFile("MODEL=opus\n");
    const fake = await fakeChat({ place, env: { MODEL: "haiku" } });
    await fake.run(config, "model");
    expect(fake.printed[0]).toContain("`MODEL` `haiku` `(environment)`");
    expect(fake.printed[0]).toContain("- hides `opus` `(user tier, ~/.scorpiox/scorpiox-env.txt line 1)`");
  });

  test("that is a secret is never shown", async () => {
    const fake = await fakeChat({ env: { ANTHROPIC_API_KEY: "sk-ant-verysecretvalue1234" } });
    await fake.run(config, "ANTHROPIC_API_KEY");
    expect(fake.printed[0]).not.toContain("verysecret");
  });

  test("that there is none is answered with the near ones", async () => {
    const fake = await fakeChat();
    await expect(fake.run(config, "MODLE")).rejects.toThrow("did you mean MODEL");
  });
});

describe("a value", () => {
  test("is written after its change was shown and agreed to, and holds at once", async () => {
    const place = await withFile("# mine\r\nMODEL=opus\r\n");
    const fake = await fakeChat({ place, confirms: [true] });
    await fake.run(config, "MODEL haiku");
    expect(fake.printed[0]).toBe("`~/.scorpiox/scorpiox-env.txt`\n\n```diff\n-MODEL=opus\n+MODEL=haiku\n```");
    expect(await readFile(file(place), "utf8")).toBe("# mine\r\nMODEL=haiku\r\n");
    expect(fake.calls).toEqual([["reconfigure", { profile: undefined }]]);
  });

  test("is not written after a no", async () => {
    const place = await withFile("MODEL=opus\n");
    const fake = await fakeChat({ place, confirms: [false] });
    await fake.run(config, "MODEL haiku");
    expect(await readFile(file(place), "utf8")).toBe("MODEL=opus\n");
    expect(fake.calls).toEqual([]);
  });

  test("that does not win is told", async () => {
    const fake = await fakeChat({ confirms: [true], env: { MODEL: "haiku" } });
    await fake.run(config, "MODEL opus");
    expect(fake.notes.at(-1)).toContain("MODEL stays haiku (environment), which wins over");
  });

  test.each([
    ["ANTHROPIC_API_KEY sk-ant-abc", "is a secret"],
    ["SX_APPROVAL_MODE sometimes", "choose"],
    ["ACTIVE_PROFILE work", "/profile"],
  ])("is refused: %s", async (argument, message) => {
    const fake = await fakeChat({ confirms: [true] });
    await expect(fake.run(config, argument)).rejects.toThrow(message);
    await expect(readFile(file(fake.place))).rejects.toThrow("ENOENT");
  });
});

describe("without a key", () => {
  test("lends the terminal to the program that is installed, and reads the settings again", async () => {
    const place = await makePlace();
    const bin = join(place.home, "bin");
    await mkdir(bin);
    await writeFile(join(bin, "scorpiox-config"), `#!/bin/sh\necho started > '${place.home}/seen'\n`);
    await chmod(join(bin, "scorpiox-config"), 0o755);
    let lent = 0;
    const fake = await fakeChat({
      place,
      env: { PATH: bin },
      control: {
        lend(work) {
          lent += 1;
          return work();
        },
      },
    });
    await fake.run(config);
    expect(await readFile(join(place.home, "seen"), "utf8")).toBe("started\n");
    expect(lent).toBe(1);
    expect(fake.calls).toEqual([["reconfigure", { profile: undefined }]]);
  });

  test("lists what is set where there is no such program", async () => {
    const place = await withFile("MODEL=opus\n");
    const fake = await fakeChat({ place, env: { PATH: "/nowhere" } });
    await fake.run(config);
    expect(fake.printed).toEqual(["- `MODEL` `opus` `(user tier, ~/.scorpiox/scorpiox-env.txt line 1)`"]);
  });
});

test("completes keys", async () => {
  const fake = await fakeChat();
  const keys = (await config.complete?.(fake.chat, "MO")) ?? [];
  expect(keys.map(({ value }) => value)).toContain("MODEL");
  expect(await config.complete?.(fake.chat, "MODEL o")).toEqual([]);
});
