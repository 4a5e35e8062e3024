import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "@scorpiox/sxutil";
import { describe, expect, test } from "vitest";
import { profile } from "../../../src/chat/commands/command-profile.js";
import { use } from "../../../src/chat/commands/command-use.js";
import { makePlace, type Place } from "../../harness.js";
import { fakeChat } from "../fake-chat.js";

async function withProfiles(...names: readonly string[]): Promise<Place> {
  const place = await makePlace();
  const folder = join(place.home, ".scorpiox", "scorpiox-env");
  await mkdir(folder, { recursive: true });
  for (const name of names) await writeFile(join(folder, `${name}.txt`), "MODEL=opus\n");
  return place;
}

const own = (place: Place) => readFile(join(place.home, ".scorpiox", "scorpiox-env.txt"), "utf8");

describe("/profile", () => {
  test("tries it, then writes one line", async () => {
    const place = await withProfiles("work");
    await writeFile(join(place.home, ".scorpiox", "scorpiox-env.txt"), "# mine\nMODEL=sonnet\n");
    const fake = await fakeChat({ place });
    await fake.run(profile, "work");
    expect(fake.calls).toEqual([["reconfigure", { profile: "work" }]]);
    expect(await own(place)).toBe("# mine\nMODEL=sonnet\nACTIVE_PROFILE=work\n");
    await fake.run(profile, "off");
    expect(await own(place)).toBe("# mine\nMODEL=sonnet\nACTIVE_PROFILE=\n");
    expect(fake.calls.at(-1)).toEqual(["reconfigure", { profile: undefined }]);
  });

  test("one that cannot be used is not written", async () => {
    const place = await withProfiles("work");
    const reconfigure = () => Promise.reject(new Failure("configuration", 52, "no such provider"));
    const fake = await fakeChat({ place, control: { reconfigure } });
    await expect(fake.run(profile, "work")).rejects.toThrow("no such provider");
    await expect(own(place)).rejects.toThrow("ENOENT");
    expect(fake.notes[0]).toContain("all stays as it was");
  });

  test("what cannot be written is not used either", async () => {
    const place = await withProfiles("work");
    const fake = await fakeChat({ place });
    await mkdir(join(place.home, ".scorpiox", "scorpiox-env.txt"));
    await expect(fake.run(profile, "work")).rejects.toThrow("scorpiox-env.txt");
    expect(fake.calls).toEqual([
      ["reconfigure", { profile: "work" }],
      ["reconfigure", { profile: undefined }],
    ]);
  });

  test("tells of the place that wins at the next start", async () => {
    const place = await withProfiles("work", "play");
    const fake = await fakeChat({ place, env: { ACTIVE_PROFILE: "play" } });
    await fake.run(profile, "work");
    expect(fake.notes.at(-1)).toContain("at the next start, ACTIVE_PROFILE stays play (environment)");
  });

  test("lists what there is", async () => {
    const place = await withProfiles("work", "play");
    const fake = await fakeChat({ place, picks: [undefined] });
    await fake.run(profile);
    expect(fake.questions).toEqual(["Profile, from now on\nplay | user\nwork | user\noff | no profile"]);
    expect(fake.calls).toEqual([]);
    expect((await profile.complete?.(fake.chat, ""))?.map(({ value }) => value)).toEqual(["play", "work", "off"]);
  });
});

describe("/use", () => {
  test("writes nothing down", async () => {
    const place = await withProfiles("work");
    const fake = await fakeChat({ place });
    await fake.run(use, "work");
    expect(fake.calls).toEqual([["reconfigure", { profile: "work" }]]);
    await expect(own(place)).rejects.toThrow("ENOENT");
    expect(fake.notes).toEqual(["success: profile work, for this session: codex sonnet answers"]);
  });

  test("a name that leads elsewhere is none", async () => {
    const fake = await fakeChat();
    await expect(fake.run(use, "../x")).rejects.toThrow("slash");
    expect(fake.calls).toEqual([]);
  });

  test("without profiles it says how to make one", async () => {
    const fake = await fakeChat();
    await fake.run(use);
    expect(fake.notes[0]).toContain("there are no profiles");
  });
});
