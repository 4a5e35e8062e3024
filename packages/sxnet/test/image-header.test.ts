import { describe, expect, it } from "vitest";
import { readImageHeader } from "../src/image-header.js";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const webp = (chunk: string): Buffer =>
  Buffer.concat([hex("52494646 24000000 57454250"), hex(chunk), Buffer.alloc(16)]);

const PNG = hex("89504e470d0a1a0a 0000000d 49484452 00000140 000000f0 0802000000");

describe("readImageHeader", () => {
  const rows: readonly [name: string, bytes: Buffer, mediaType: string][] = [
    ["PNG", PNG, "image/png"],
    ["GIF", hex("474946383961 4001 f000 f70000"), "image/gif"],
    [
      "JPEG, progressive, with fill bytes",
      hex("ffd8 ffe0 0010 4a46494600010100000100010000 ffdb 0004 0000 ffff c2 0011 08 00f0 0140 03012200"),
      "image/jpeg",
    ],
    [
      "JPEG, baseline",
      hex("ffd8 ffe0 0010 4a46494600010100000100010000 ffc0 0011 08 00f0 0140 03012200"),
      "image/jpeg",
    ],
    ["WebP, lossy", webp("56503820 10000000 000000 9d012a 4001 f000"), "image/webp"],
    ["WebP, lossless", webp("5650384c 10000000 2f 3fc13b00"), "image/webp"],
    ["WebP, extended", webp("56503858 0a000000 00000000 3f0100 ef0000"), "image/webp"],
  ];
  it.each(rows)("%s", (_name, bytes, mediaType) => {
    expect(readImageHeader(bytes)).toEqual({ mediaType, size: { width: 320, height: 240 } });
  });

  it.each(rows)("%s, cut anywhere: no size, never a wrong one", (_name, bytes, mediaType) => {
    for (let length = 0; length < bytes.length; length += 1) {
      const header = readImageHeader(bytes.subarray(0, length));
      if (header === undefined) continue;
      expect(header.mediaType).toBe(mediaType);
      if (header.size !== undefined) expect(header.size).toEqual({ width: 320, height: 240 });
    }
  });

  it("knows no other formats, and no image without an area", () => {
    for (const text of ["<svg/>", "BM", "", "II*\0"]) expect(readImageHeader(Buffer.from(text))).toBeUndefined();
    const empty = Buffer.from(PNG);
    empty.writeUInt32BE(0, 16);
    expect(readImageHeader(empty)).toEqual({ mediaType: "image/png" });
  });
});
