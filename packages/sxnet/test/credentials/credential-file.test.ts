import { execFile } from "node:child_process";
import {
  chmod,
  chown,
  lchown,
  link,
  mkdir,
  mkdtemp,
  open,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readCredentialFile } from "../../src/credentials/credential-file.js";

const isRoot = userInfo().uid === 0;
const name = "the file";
const TEXT = '{"access_token":"t"}';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sx-credential-"));
  path = join(folder, "auth.json");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("readCredentialFile", () => {
  it("reads a private file", async () => {
    await writeFile(path, TEXT, { mode: 0o600 });
    expect(await readCredentialFile(path, { name })).toMatchObject({ text: TEXT, warnings: [] });
    await symlink(path, `${path}-link`);
    expect(await readCredentialFile(`${path}-link`, { name })).toMatchObject({ text: TEXT });
  });

  it("knows a missing file, folder or link target", async () => {
    expect(await readCredentialFile(path, { name })).toBeUndefined();
    expect(await readCredentialFile(join(path, "x"), { name })).toBeUndefined();
    await symlink(join(folder, "none"), path);
    expect(await readCredentialFile(path, { name })).toBeUndefined();
  });

  it.each([
    ["a folder", () => mkdir(path), "not a regular file"],
    ["a pipe, without waiting for it", () => promisify(execFile)("mkfifo", [path]), "not a regular file"],
    ["a device", () => symlink("/dev/zero", path), "not a regular file"],
    ["a link that leads nowhere", () => symlink(path, path), "leads nowhere"],
    ["a huge file", () => makeSparse(path, 8_000_000_000), "larger than 1 MiB"],
    ["a file just too large", () => writeFile(path, "x".repeat(1024 * 1024 + 1)), "larger than 1 MiB"],
  ])("refuses %s", async (_name, make, message) => {
    await make();
    const reading = readCredentialFile(path, { name });
    await expect(reading).rejects.toMatchObject({
      code: "bad_input",
      message: expect.stringContaining(message) as string,
    });
  });

  it("makes a file private that others could read, and says so", async () => {
    await writeFile(path, TEXT);
    await chmod(path, 0o644);
    const read = await readCredentialFile(path, { name });
    expect(read?.warnings).toEqual(["the file was open to other users (mode 644); it is private now"]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.skipIf(!isRoot)("refuses what another user owns, also a link to it or by it (skipped unless root)", async () => {
    await writeFile(path, TEXT, { mode: 0o600 });
    await chown(path, 4321, 4321);
    const refusal = {
      code: "bad_input",
      message: expect.stringContaining("belongs to another user (id 4321)") as string,
    };
    await expect(readCredentialFile(path, { name })).rejects.toMatchObject(refusal);
    await symlink(path, `${path}-1`);
    await expect(readCredentialFile(`${path}-1`, { name })).rejects.toMatchObject(refusal);
    await link(path, `${path}-2`);
    await expect(readCredentialFile(`${path}-2`, { name })).rejects.toMatchObject(refusal);
    await writeFile(`${path}-mine`, TEXT, { mode: 0o600 });
    await symlink(`${path}-mine`, `${path}-3`);
    await lchown(`${path}-3`, 4321, 4321);
    await expect(readCredentialFile(`${path}-3`, { name })).rejects.toMatchObject(refusal);
  });

  it.skipIf(!isRoot)("reads what root owns, and only warns about its mode (skipped unless root)", async () => {
    await writeFile(path, TEXT);
    await chmod(path, 0o644);
    const read = await readCredentialFile(path, { name, userId: 4321 });
    expect(read?.warnings).toEqual(["the file is open to other users (mode 644); make it private with chmod 600"]);
    expect((await stat(path)).mode & 0o777).toBe(0o644);
  });

  it("waits for the end of a foreign program's write", async () => {
    await writeFile(path, "");
    const reading = readCredentialFile(path, { name });
    const file = await open(path, "w");
    await file.write(TEXT.slice(0, 9));
    await new Promise((resolve) => setImmediate(resolve));
    await file.write(TEXT.slice(9));
    await file.close();
    expect((await reading)?.text).toBe(TEXT);
  });

  it("never gives two halves of two files", async () => {
    const texts = ["a", "b"].map((letter) => JSON.stringify({ access_token: letter.repeat(200_000) }));
    let turns = 0;
    const stop = new AbortController();
    const writer = (async () => {
      while (!stop.signal.aborted) {
        const text = texts[turns % 2] ?? "";
        // In turn by truncation, as older clients write, and by a rename, as newer ones do.
        const target = turns % 3 === 0 ? path : `${path}.new`;
        await writeFile(target, text);
        if (target !== path) await rename(target, path);
        turns += 1;
        await new Promise((resolve) => setTimeout(resolve, 8));
      }
    })();
    await writeFile(path, texts[0] ?? "");
    for (let round = 0; round < 60; round += 1) {
      expect(texts).toContain((await readCredentialFile(path, { name }))?.text);
      // Reading holds up the whole process, and the writer is in it.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    stop.abort();
    await writer;
    expect(turns).toBeGreaterThan(5);
  });

  it("hands over a broken file in the end, for the parser to complain", async () => {
    await writeFile(path, '{"access_token":', { mode: 0o600 });
    expect((await readCredentialFile(path, { name }))?.text).toBe('{"access_token":');
  });

  it("ends on abort", async () => {
    await writeFile(path, "");
    const controller = new AbortController();
    const reading = readCredentialFile(path, { name, signal: controller.signal });
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });
});

async function makeSparse(target: string, bytes: number): Promise<void> {
  const file = await open(target, "w");
  await file.truncate(bytes);
  await file.close();
}
