import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { setKey } from "../src/env-file.js";
import { type EnvFileUpdate, updateEnvFile } from "../src/env-file-update.js";
import { ConfigurationError } from "../src/failure.js";
import { withFileLock } from "../src/file-lock.js";
import { makeSampleHome } from "./sample-home.js";

function sampleUpdate(extra: Partial<EnvFileUpdate> = {}): EnvFileUpdate {
  const { env, home, cwd } = makeSampleHome();
  return { env, home, path: join(cwd, "a", "b", "scorpiox-env.txt"), access: "private", ...extra };
}

const mode = (path: string): number => statSync(path).mode & 0o777;
const put = (key: string) => (text: string) => setKey(text, key, "1");

describe("updateEnvFile", () => {
  it.each([
    ["private", 0o600, 0o640, 0o700],
    ["secret", 0o600, 0o600, 0o700],
    ["shared", 0o666 & ~process.umask(), 0o640, 0o777 & ~process.umask()],
  ] as const)("%s: modes of a new file, an existing one, and new folders", async (access, fresh, existing, folder) => {
    const update = sampleUpdate({ access });
    expect(await updateEnvFile(update, put("A"))).toBe(true);
    expect([mode(update.path), mode(join(update.path, ".."))]).toEqual([fresh, folder]);
    chmodSync(update.path, 0o640);
    await updateEnvFile(update, put("B"));
    expect([readFileSync(update.path, "utf8"), mode(update.path)]).toEqual(["A=1\nB=1\n", existing]);
  });

  it("loses nothing when many change the file at once", async () => {
    const update = sampleUpdate();
    const keys = Array.from({ length: 20 }, (_, index) => `K${index}`);
    await Promise.all(keys.map((key) => updateEnvFile(update, put(key))));
    const lines = readFileSync(update.path, "utf8").trimEnd().split("\n");
    expect(lines.sort()).toEqual(keys.map((key) => `${key}=1`).sort());
  });

  it("writes nothing, and makes nothing, when nothing changes", async () => {
    const update = sampleUpdate();
    expect(await updateEnvFile(update, (text) => text)).toBe(false);
    expect(existsSync(join(update.path, ".."))).toBe(false);
  });

  it("leaves a broken file alone", async () => {
    const update = sampleUpdate();
    const path = join(update.home, "scorpiox-env.txt");
    writeFileSync(path, "what");
    await expect(updateEnvFile({ ...update, path }, put("A"))).rejects.toThrow(ConfigurationError);
    expect(readFileSync(path, "utf8")).toBe("what");
  });

  it("gives up when another writer stays", async () => {
    const update = sampleUpdate({ waitMs: 0 });
    await updateEnvFile(update, put("A"));
    await withFileLock(join(update.home, ".scorpiox", "config"), { waitMs: 1000 }, async () => {
      await expect(updateEnvFile(update, put("B"))).rejects.toMatchObject({ code: "lock_busy", exitCode: 61 });
    });
    expect(readFileSync(update.path, "utf8")).toBe("A=1\n");
  });

  it("says where a folder cannot be made", async () => {
    const update = sampleUpdate();
    writeFileSync(join(update.home, "file"), "");
    const path = join(update.home, "file", "below", "x.txt");
    await expect(updateEnvFile({ ...update, path }, put("A"))).rejects.toThrow(
      /^cannot make the folder .*file\/below: ENOTDIR/,
    );
  });
});
