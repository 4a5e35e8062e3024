import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MAX_IMAGE_BASE64, MAX_IMAGE_BYTES, readImageFile, readImageInfo } from "../../src/files/image-file.js";
import { createViewImageTool } from "../../src/tools/tool-view-image.js";
import { call, FileWorkspace } from "./file-workspace.js";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

const PNG = hex("89504e470d0a1a0a 0000000d 49484452 00000140 000000f0 0802000000");
const GIF = hex("474946383961 4001 f000 f70000");
const JPEG = hex("ffd8 ffe0 0010 4a46494600010100000100010000 ffdb 0004 0000 ffff c2 0011 08 00f0 0140 03012200");
const JPEG_PLAIN = hex("ffd8 ffe0 0010 4a46494600010100000100010000 ffc0 0011 08 00f0 0140 03012200");
const webp = (chunk: string): Buffer =>
  Buffer.concat([hex("52494646 24000000 57454250"), hex(chunk), Buffer.alloc(16)]);
const LOSSY = webp("56503820 10000000 000000 9d012a 4001 f000");
const LOSSLESS = webp("5650384c 10000000 2f 3fc13b00");
const EXTENDED = webp("56503858 0a000000 00000000 3f0100 ef0000");

describe("readImageInfo", () => {
  const rows: readonly [name: string, bytes: Buffer, mediaType: string][] = [
    ["PNG", PNG, "image/png"],
    ["GIF", GIF, "image/gif"],
    ["JPEG, progressive, with fill bytes", JPEG, "image/jpeg"],
    ["JPEG, baseline", JPEG_PLAIN, "image/jpeg"],
    ["WebP, lossy", LOSSY, "image/webp"],
    ["WebP, lossless", LOSSLESS, "image/webp"],
    ["WebP, extended", EXTENDED, "image/webp"],
  ];
  it.each(rows)("%s", (_name, bytes, mediaType) => {
    expect(readImageInfo(bytes, "it")).toEqual({ mediaType, width: 320, height: 240 });
  });

  it.each(rows)("%s, cut anywhere: an error, never a wrong size", (_name, bytes) => {
    for (let length = 0; length < bytes.length; length += 1) {
      try {
        expect(readImageInfo(bytes.subarray(0, length), "it")).toMatchObject({ width: 320, height: 240 });
      } catch (error) {
        expect(error).toMatchObject({ code: "bad_image" });
      }
    }
  });

  it("refuses what cannot be sent, with the reason", () => {
    expect(() => readImageInfo(Buffer.from("<svg/>"), "it")).toThrow(
      "it is not an image of a kind that can be sent (PNG, JPEG, GIF, WebP)",
    );
    expect(() => readImageInfo(PNG.subarray(0, 20), "it")).toThrow(/header is damaged or cut off/);
    const wide = Buffer.from(PNG);
    wide.writeUInt32BE(8001, 16);
    expect(() => readImageInfo(wide, "it")).toThrow(
      "it has 8001 x 240 pixels; the limit is 8000 a side: make it smaller first",
    );
    const empty = Buffer.from(PNG);
    empty.writeUInt32BE(0, 16);
    expect(() => readImageInfo(empty, "it")).toThrow(/damaged/);
    const heavy = Buffer.concat([PNG, Buffer.alloc(MAX_IMAGE_BYTES)]);
    expect(() => readImageInfo(heavy, "it")).toThrow(
      "it is 3.9 MB; the limit is 3.9 MB (5 MB as base64): make it smaller first",
    );
    const fits = Buffer.concat([PNG, Buffer.alloc(MAX_IMAGE_BYTES - PNG.length)]);
    expect(readImageInfo(fits, "it").width).toBe(320);
    expect(fits.toString("base64")).toHaveLength(MAX_IMAGE_BASE64);
  });
});

describe("view_image", () => {
  let space: FileWorkspace;
  beforeEach(() => {
    space = new FileWorkspace({ "shot.txt": PNG });
  });
  afterEach(() => {
    space.remove();
  });

  it("shows what a file is by its bytes", async () => {
    const { output } = await call(createViewImageTool(space.context), { path: "shot.txt" });
    expect(output?.content).toEqual([
      { type: "text", text: "shot.txt: image/png, 320 x 240 pixels, 29 bytes" },
      { type: "image", mediaType: "image/png", data: PNG.toString("base64") },
    ]);
    expect(await readImageFile(join(space.root, "shot.txt"))).toMatchObject({ mediaType: "image/png", bytes: 29 });
  });

  it("refuses missing files, folders, and credentials whatever they hold", async () => {
    const tool = createViewImageTool(space.context);
    expect((await call(tool, { path: "none.png" })).text).toBe("none.png does not exist");
    expect((await call(tool, { path: "." })).text).toBe(". is a folder, not a regular file");
    writeFileSync(join(space.home, ".netrc"), PNG);
    expect((await call(tool, { path: "~/.netrc" })).text).toMatch(/place of credentials/);
  });
});
