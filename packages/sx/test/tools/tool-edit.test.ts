import { readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFileLedger, type FileLedger } from "../../src/files/file-ledger.js";
import { createEditTool } from "../../src/tools/tool-edit.js";
import { createReadTool } from "../../src/tools/tool-read.js";
import { call, FileWorkspace } from "../files/file-workspace.js";

let space: FileWorkspace;
let ledger: FileLedger;
beforeEach(() => {
  space = new FileWorkspace();
  ledger = createFileLedger();
});
afterEach(() => {
  space.remove();
});

interface Edit {
  readonly old_string: string;
  readonly new_string: string;
  readonly replace_all?: boolean;
}
const edit = (path: string, ...edits: Edit[]) => call(createEditTool(space.context, ledger), { path, edits });
const read = (path: string) => call(createReadTool(space.context, ledger), { path });
const one = (oldString: string, newString: string): Edit => ({ old_string: oldString, new_string: newString });

describe("edit", () => {
  it("shows the place as it is now, and hands the hunks to the screen", async () => {
    space.put("a.ts", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    await read("a.ts");
    const { text, output } = await edit("a.ts", one("5\n", "five\nand more\n"));
    expect(text).toBe("edited a.ts (1 replacement)\n2\t2\n3\t3\n4\t4\n5\tfive\n6\tand more\n7\t6\n8\t7\n9\t8");
    expect(output?.details?.["diff"]).toEqual([
      {
        oldStart: 2,
        oldLines: 7,
        newStart: 2,
        newLines: 8,
        lines: [" 2", " 3", " 4", "-5", "+five", "+and more", " 6", " 7", " 8"],
      },
    ]);
    // The result is known, so the next edit needs no read.
    expect((await edit("a.ts", one("five", "5"))).text).toMatch(/^edited/);
  });

  it("makes several edits or none", async () => {
    const path = space.put("a", "one two three\n");
    await read("a");
    expect((await edit("a", one("one", "1"), one("four", "4"))).text).toMatch(
      /^edit 2 of 2: .*\n.*\nnone of the edits was made$/,
    );
    expect(readFileSync(path, "utf8")).toBe("one two three\n");
    expect((await edit("a", one("one", "1"), one("1 two", "2"), { ...one("e", "E"), replace_all: true })).text).toBe(
      "edited a (4 replacements)\n1\t2 thrEE",
    );
    expect(readFileSync(path, "utf8")).toBe("2 thrEE\n");
  });

  it("refuses a file that was not read or has changed, by content", async () => {
    const path = space.put("a", "one\n");
    expect((await edit("a", one("one", "two"))).text).toBe("a exists and has not been read yet; read it first");
    await read("a");
    const { atime, mtime } = statSync(path);
    writeFileSync(path, "onE\n");
    utimesSync(path, atime, mtime);
    expect((await edit("a", one("on", "two"))).text).toMatch(/has changed on disk/);
    expect(readFileSync(path, "utf8")).toBe("onE\n");
  });

  it("keeps encodings and bytes, and refuses what an encoding lacks", async () => {
    const path = space.put("latin", Buffer.from("grün\r\nblau\r\n", "latin1"));
    await read("latin");
    await edit("latin", one("blau", "weiß\nrot"));
    expect(readFileSync(path)).toEqual(Buffer.from("grün\r\nweiß\r\nrot\r\n", "latin1"));
    expect((await edit("latin", one("rot", "5 €"))).text).toMatch(/has no "€"/);
    expect(readFileSync(path)).toEqual(Buffer.from("grün\r\nweiß\r\nrot\r\n", "latin1"));
  });

  it("refuses what is missing, binary, outside, protected, or changes nothing", async () => {
    space.put("bin", Buffer.from([1, 0, 2]));
    expect((await edit("none", one("a", "b"))).text).toBe("none does not exist; use write to create it");
    expect((await edit("bin", one("a", "b"))).text).toMatch(/has not been read yet/);
    expect((await edit("../x", one("a", "b"))).text).toMatch(/outside the workspace/);
    space.put(".git/config", "a");
    symlinkSync(".git/config", join(space.root, "link"));
    expect((await edit("link", one("a", "b"))).text).toMatch(/^link is protected/);
    space.put("a", "one");
    await read("a");
    expect((await edit("a", one("one", "two"), one("two", "one"))).text).toBe(
      "the edits undo each other; nothing would change",
    );
  });

  it("keeps the answer short after many replacements", async () => {
    space.put("many", Array.from({ length: 1000 }, (_, index) => `x\n${"-\n".repeat(9)}${index}\n`).join(""));
    await read("many");
    const { text } = await edit("many", { ...one("x\n", "y\n"), replace_all: true });
    expect(text).toMatch(/^edited many \(1000 replacements\)\n1\ty\n/);
    expect(text.split("\n").length).toBeLessThan(75);
    expect(text).toMatch(/\[\d+ more places changed\]$/);
  });
});
