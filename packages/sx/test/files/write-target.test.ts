import { existsSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileAccess } from "../../src/files/file-access.js";
import { createFileLedger, type FileLedger } from "../../src/files/file-ledger.js";
import { readKnown, writeKnown } from "../../src/files/write-target.js";
import { FileWorkspace } from "./file-workspace.js";

let space: FileWorkspace;
let ledger: FileLedger;
beforeEach(() => {
  space = new FileWorkspace({ "src/a": "one" });
  ledger = createFileLedger();
});
afterEach(() => {
  space.remove();
});

describe("between the first look and the write", () => {
  it("a change by somebody else is noticed, also the first creation", async () => {
    const access = fileAccess(space.context);
    const target = await access.forWriting("src/a");
    ledger.record(target, Buffer.from("one"));
    const before = await readKnown(access, ledger, target);
    writeFileSync(target.real, "two");
    const after = Buffer.from("three");
    await expect(writeKnown(access, ledger, target, { before, after })).rejects.toMatchObject({
      code: "changed_on_disk",
    });
    expect(readFileSync(target.real, "utf8")).toBe("two");

    const fresh = await access.forWriting("src/new");
    expect(await readKnown(access, ledger, fresh)).toBeUndefined();
    writeFileSync(fresh.real, "theirs");
    const change = { before: undefined, after };
    await expect(writeKnown(access, ledger, fresh, change)).rejects.toMatchObject({ code: "changed_on_disk" });
    expect(readFileSync(fresh.real, "utf8")).toBe("theirs");
  });

  it("a folder that becomes a link does not lead out of the workspace", async () => {
    const access = fileAccess(space.context);
    const target = await access.forWriting("src/new");
    renameSync(join(space.root, "src"), join(space.root, "old"));
    symlinkSync(space.base, join(space.root, "src"));
    const change = { before: undefined, after: Buffer.from("x") };
    await expect(writeKnown(access, ledger, target, change)).rejects.toMatchObject({ code: "outside_workspace" });
    expect(existsSync(join(space.base, "new"))).toBe(false);
  });

  it("a failed write is not taken for known content", async () => {
    const access = fileAccess(space.context);
    const target = await access.forWriting("src/a");
    ledger.record(target, Buffer.from("other"));
    await expect(readKnown(access, ledger, target)).rejects.toMatchObject({ code: "changed_on_disk" });
  });
});
