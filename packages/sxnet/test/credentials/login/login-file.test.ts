import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeMarker } from "../../../src/credentials/refresh/dead-marker.js";
import { removeLogin, saveLogin } from "../../../src/credentials/login/login-file.js";

const name = "the file";
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sx-login-file-"));
  path = join(folder, "new", "deep", "auth.json");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("saveLogin and removeLogin", () => {
  it("make a private file in private folders whatever the umask, forget what was refused, and take it away", async () => {
    const umask = process.umask(0);
    try {
      await saveLogin(path, { a: 1 }, { name });
      expect(await readFile(path, "utf8")).toBe('{\n  "a": 1\n}\n');
      const modes = await Promise.all([path, join(folder, "new", "deep"), join(folder, "new")].map((one) => stat(one)));
      expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o600, 0o700, 0o700]);
      await writeMarker({ path, refreshToken: "r", url: "u" }, { code: "x", atMs: 1 });
      await saveLogin(path, { a: 2 }, { name });
      expect(await readdir(join(folder, "new", "deep"))).toEqual(["auth.json", "auth.json.lock"]);
    } finally {
      process.umask(umask);
    }
    expect(await removeLogin(path, { name })).toBe(true);
    expect(await removeLogin(path, { name })).toBe(false);
    expect(await removeLogin(join(folder, "none", "auth.json"), { name })).toBe(false);
  });

  it("touch nothing when what comes first fails", async () => {
    await saveLogin(path, { a: 1 }, { name });
    const first = () => Promise.reject(new Error("no"));
    await expect(saveLogin(path, { a: 2 }, { name, first })).rejects.toThrow("no");
    await expect(removeLogin(path, { name, first })).rejects.toThrow("no");
    expect(await readFile(path, "utf8")).toContain("1");
  });
});
