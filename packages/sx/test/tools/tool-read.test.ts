import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFileLedger } from "../../src/files/file-ledger.js";
import { createReadTool } from "../../src/tools/tool-read.js";
import { call, FileWorkspace } from "../files/file-workspace.js";

let space: FileWorkspace;
beforeEach(() => {
  space = new FileWorkspace();
});
afterEach(() => {
  space.remove();
});

const read = (path: string, more: Record<string, unknown> = {}) =>
  call(createReadTool(space.context, createFileLedger()), { path, ...more });
const numbered = (count: number): string => Array.from({ length: count }, (_, index) => `l${index + 1}\n`).join("");

describe("read", () => {
  const rows: readonly [name: string, content: string | Buffer, more: Record<string, unknown>, text: string][] = [
    ["lines with numbers", "one\n\n\tthree\n", {}, "1\tone\n2\t\n3\t\tthree"],
    ["no final newline", "one\ntwo", {}, "1\tone\n2\ttwo"],
    ["CRLF", "one\r\ntwo\r\n", {}, "1\tone\n2\ttwo"],
    ["an empty file", "", {}, "[f is empty]"],
    ["a part", numbered(9), { offset: 3, limit: 2 }, "3\tl3\n4\tl4\n[lines 3 to 4 of 9; go on with offset 5]"],
    ["the last part", numbered(3), { offset: 3, limit: 5 }, "3\tl3"],
    ["past the end", "one\n", { offset: 2 }, "offset 2 is past the end: f has 1 line"],
    ["a byte-order mark", "\ufeffa\n", {}, "1\ta\n[UTF-8 with a byte-order mark]"],
    ["UTF-16", Buffer.from("\ufeffa\nü\n", "utf16le"), {}, "1\ta\n2\tü\n[UTF-16 little-endian]"],
    ["latin-1", Buffer.from("grün\n", "latin1"), {}, "1\tgrün\n[not UTF-8, shown as latin-1]"],
    ["half a surrogate pair", Buffer.from("\ufeffa\ud83d\n", "utf16le"), {}, "1\ta\ufffd\n[UTF-16 little-endian]"],
    ["a gzip file", Buffer.from("1f8b0800000000000003", "hex"), {}, "f is not text: gzip data, 10 bytes"],
    ["an unknown binary", Buffer.from([1, 2, 0, 4]), {}, "f is not text: binary data, 4 bytes"],
    [
      "an image",
      Buffer.from("89504e470d0a1a0a0000", "hex"),
      {},
      "f is not text: PNG image, 10 bytes; use view_image to see it",
    ],
  ];
  it.each(rows)("%s", async (_name, content, more, text) => {
    space.put("f", content);
    expect((await read("f", more)).text).toBe(text);
  });

  it("stops after 2000 lines and says how to go on", async () => {
    space.put("f", numbered(2500));
    const { text, output } = await read("f");
    expect(text.split("\n")).toHaveLength(2001);
    expect(text).toMatch(/\n2000\tl2000\n\[lines 1 to 2000 of 2500; go on with offset 2001\]$/);
    expect(output?.truncated).toBe(true);
    expect((await read("f", { offset: 2001 })).text).toMatch(/^2001\tl2001\n[^]*\n2500\tl2500$/);
  });

  it("stops after 100 KB, cuts long lines, and never ends inside a character", async () => {
    space.put("wide", `${"é".repeat(1000)}\n`.repeat(500));
    const { text } = await read("wide");
    expect(Buffer.byteLength(text)).toBeLessThan(100_200);
    expect(text).toMatch(/\[lines 1 to 49 of 500; go on with offset 50\]$/);
    space.put("line", `${"a".repeat(1999)}😀tail\n`);
    expect((await read("line")).text).toBe(`1\t${"a".repeat(1999)}… [line cut, it has 2005 characters]`);
  });

  it("says what to do about folders, missing files, special and giant ones", async () => {
    space.put("src/config.ts");
    mkdirSync(join(space.root, "empty"));
    execFileSync("mkfifo", [join(space.root, "fifo")]);
    truncateSync(space.put("giant"), 8 * 2 ** 30);
    const rows: readonly [path: string, text: string][] = [
      ["src", "src is a folder; use glob to list its files"],
      ["src/confg.ts", "src/confg.ts does not exist; near names in its folder: config.ts"],
      ["src/zzz", "src/zzz does not exist; use glob to find it"],
      ["none/zzz", "none/zzz does not exist, nor does its folder"],
      ["fifo", "fifo is a named pipe, not a regular file"],
      ["/dev/zero", "/dev/zero is a device, not a regular file"],
      ["giant", "giant is 8.6 GB; the limit is 16.0 MB; use grep, or bash with head, tail or sed -n"],
      ["~/.ssh/id_rsa", `${join(space.home, ".ssh/id_rsa")} is a place of credentials; sx does not open it`],
    ];
    for (const [path, text] of rows) {
      const answer = await read(path);
      expect(answer.text).toBe(text);
      expect(answer.error).toBeDefined();
    }
  });

  it("reads outside the workspace and through links, but not credentials by another name", async () => {
    writeFileSync(join(space.base, "outside.txt"), "hello\n");
    expect((await read(join(space.base, "outside.txt"))).text).toBe("1\thello");
    symlinkSync("../outside.txt", join(space.root, "link"));
    expect((await read("link")).text).toBe("1\thello");
    writeFileSync(join(space.home, ".netrc"), "secret\n");
    linkSync(join(space.home, ".netrc"), join(space.root, "copy"));
    expect((await read("copy")).text).toBe("copy is a place of credentials; sx does not open it");
  });
});
