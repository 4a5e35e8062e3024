import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageLimits } from "@scorpiox/sxnet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readImageFile, readImageInfo } from "../../src/files/image-file.js";
import { createViewImageTool } from "../../src/tools/tool-view-image.js";
import { call, FileWorkspace } from "./file-workspace.js";
import { BLUE, CLEAR, colorAt, drawing, noise, TWO_FRAMES } from "./sample-images.js";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

const PNG = hex("89504e470d0a1a0a 0000000d 49484452 00000140 000000f0 0802000000");
const LIMITS: ImageLimits = {
  mediaTypes: ["image/png", "image/jpeg"],
  maxBytes: 20_000,
  maxEdgePixels: 100,
  longerEdges: "refused",
};
const ADVICE =
  "make it smaller, or install the package with which sx does it: npm install -g @silvia-odwyer/photon-node";

let space: FileWorkspace;
beforeEach(() => {
  space = new FileWorkspace({ "shot.txt": PNG });
});
afterEach(() => {
  space.remove();
});

function put(name: string, bytes: Buffer): string {
  const path = join(space.root, name);
  writeFileSync(path, bytes);
  return path;
}

describe("readImageInfo", () => {
  it.each([
    ["nothing known", Buffer.from("hello"), "not an image of a kind that can be sent (PNG, JPEG, GIF, WebP)"],
    ["SVG", Buffer.from('<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="x"/>'), "an SVG drawing: read it as text"],
    ["SVG alone", Buffer.from("<svg/>".replace("/", " /")), "an SVG drawing: read it as text"],
    ["HEIC", hex("00000018 66747970 68656963 00000000"), "a HEIC image, as telephones make it: save it as PNG or JPEG"],
    ["AVIF", hex("00000018 66747970 61766966 00000000"), "an AVIF image: save it as PNG or JPEG first"],
    ["BMP", Buffer.concat([Buffer.from("BM"), Buffer.alloc(40)]), "a BMP image: save it as PNG or JPEG first"],
    ["TIFF", hex("49492a00 08000000"), "a TIFF image: save it as PNG or JPEG first"],
    ["TIFF of the other order", hex("4d4d002a 00000008"), "a TIFF image: save it as PNG or JPEG first"],
    ["an icon", hex("00000100 01001010"), "an icon: save it as PNG or JPEG first"],
    ["JPEG XL", hex("ff0a fa1f"), "a JPEG XL image: save it as PNG or JPEG first"],
  ])("%s is refused with what to do", (_name, bytes, words) => {
    expect(() => readImageInfo(bytes, "it")).toThrow(`it is ${words}`);
  });

  it("refuses a damaged header", () => {
    expect(() => readImageInfo(PNG.subarray(0, 20), "it")).toThrow(/header is damaged or cut off/);
  });
});

describe("an image within the limits", () => {
  it.each([
    ["PNG", drawing(100, 50).png(), "image/png"],
    ["JPEG that is to be turned", drawing(100, 50).jpeg(6), "image/jpeg"],
  ])("%s is sent byte for byte", async (_name, bytes, mediaType) => {
    const image = await readImageFile(put("a", bytes), { limits: LIMITS, findLibrary: neverAsked });
    expect(image).toEqual({ mediaType, width: 100, height: 50, bytes: bytes.length, data: bytes.toString("base64") });
  });
});

function neverAsked(): never {
  throw new Error("the library is looked for only when it is needed");
}

describe("an image over the limits, with the library", () => {
  it("over the edge is scaled, its form and proportions kept", async () => {
    const image = await readImageFile(put("a", drawing(400, 200).png()), { limits: LIMITS });
    expect(image).toMatchObject({ mediaType: "image/png", width: 100, height: 50 });
    expect(image.change).toBe("scaled from 400x200 to 100x50");
    const bytes = Buffer.from(image.data, "base64");
    expect(image.bytes).toBe(bytes.length);
    expect([colorAt(bytes, 10, 10), colorAt(bytes, 90, 40)]).toEqual(["red", "blue"]);
  });

  it.each([
    ["II", 1, [100, 50], "red", "blue", "blue", "blue"],
    ["II", 2, [100, 50], "blue", "red", "blue", "blue"],
    ["MM", 3, [100, 50], "blue", "blue", "blue", "red"],
    ["II", 4, [100, 50], "blue", "blue", "red", "blue"],
    ["MM", 5, [50, 100], "red", "blue", "blue", "blue"],
    ["II", 6, [50, 100], "blue", "red", "blue", "blue"],
    ["MM", 7, [50, 100], "blue", "blue", "blue", "red"],
    ["II", 8, [50, 100], "blue", "blue", "red", "blue"],
    ["II", 9, [100, 50], "red", "blue", "blue", "blue"],
  ] as const)(
    "a JPEG in order %s with orientation %i stands upright",
    async (order, orientation, sides, ...corners) => {
      const image = await readImageFile(put("a", drawing(400, 200).jpeg(orientation, order)), { limits: LIMITS });
      const [width, height] = sides;
      expect(image).toMatchObject({ mediaType: "image/jpeg", width, height });
      const bytes = Buffer.from(image.data, "base64");
      const places = [
        [5, 5],
        [width - 5, 5],
        [5, height - 5],
        [width - 5, height - 5],
      ] as const;
      expect(places.map(([x, y]) => colorAt(bytes, x, y))).toEqual(corners);
    },
  );

  it("over the bytes becomes a JPEG, smaller if it must be", async () => {
    const bytes = noise(100, 100).png();
    expect(bytes.length).toBeGreaterThan(LIMITS.maxBytes);
    const image = await readImageFile(put("a", bytes), { limits: LIMITS });
    expect(image).toMatchObject({ mediaType: "image/jpeg", width: 100, height: 100 });
    expect(image.change).toMatch(/^made \S+ KB from \S+ KB, converted from image\/png to image\/jpeg$/);
    expect(image.bytes).toBeLessThanOrEqual(LIMITS.maxBytes);
    const tiny = await readImageFile(put("a", bytes), { limits: { ...LIMITS, maxBytes: 1000 } });
    expect(tiny.bytes).toBeLessThanOrEqual(1000);
    expect(tiny.width).toBeLessThan(100);
  });

  it("keeps what is transparent, and lays it on white where it must be a JPEG", async () => {
    const path = put("a", drawing(400, 200, BLUE, CLEAR).png());
    const png = await readImageFile(path, { limits: LIMITS });
    expect(colorAt(Buffer.from(png.data, "base64"), 90, 40)).toBe("clear");
    const jpeg = await readImageFile(path, { limits: { ...LIMITS, mediaTypes: ["image/jpeg"] } });
    const bytes = Buffer.from(jpeg.data, "base64");
    expect([colorAt(bytes, 10, 10), colorAt(bytes, 90, 40)]).toEqual(["blue", "white"]);
  });

  it("of a type that is not taken is converted: of a GIF the first frame", async () => {
    const image = await readImageFile(put("a", TWO_FRAMES), { limits: LIMITS });
    expect(image).toMatchObject({ mediaType: "image/png", width: 2, height: 1 });
    expect(image.change).toMatch(/converted from image\/gif to image\/png, first frame only$/);
    expect(colorAt(Buffer.from(image.data, "base64"), 0, 0)).toBe("red");
  });

  it("that is damaged, or can never fit, is an error with both reasons", async () => {
    const wide = Buffer.from(PNG);
    await expect(readImageFile(put("a", wide), { shown: "a.png", limits: LIMITS })).rejects.toMatchObject({
      code: "bad_image",
      message:
        "a.png has 320 x 240 pixels; the limit is 100 a side, and it cannot be made smaller: it is damaged, or too large for the memory",
    });
    const path = put("b", drawing(50, 50).png());
    await expect(readImageFile(path, { shown: "b", limits: { ...LIMITS, maxBytes: 5 } })).rejects.toThrow(
      /^b has \d+ bytes; the limit is 5 bytes, and it cannot be made smaller: /,
    );
  });

  it("beyond 100 megapixels, or 64 MB, is refused undecoded", async () => {
    const vast = Buffer.from(PNG);
    vast.writeUInt32BE(10_001, 16);
    vast.writeUInt32BE(10_000, 20);
    const options = { shown: "it", limits: LIMITS, findLibrary: neverAsked };
    await expect(readImageFile(put("a", vast), options)).rejects.toThrow(
      "it has 10001 x 10000 pixels, more than 100 megapixels: make it smaller first",
    );
    await expect(readImageFile(put("b", Buffer.alloc(64_000_001)), options)).rejects.toThrow(
      "it is 64.0 MB; the limit is 64.0 MB",
    );
  });

  it("ends when it is aborted", async () => {
    const controller = new AbortController();
    const path = put("a", drawing(2000, 2000).png());
    const reading = readImageFile(path, { limits: LIMITS, signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
  });
});

describe("an image over the limits, without the library", () => {
  const options = { shown: "a.png", limits: LIMITS, findLibrary: () => undefined };

  it.each([
    ["the edge", drawing(101, 20).png(), "a.png has 101 x 20 pixels; the limit is 100 a side"],
    ["the bytes", noise(100, 100).png(), /^a\.png has \S+ KB; the limit is 20\.0 KB/],
    ["the type", TWO_FRAMES, "a.png is of type image/gif, and only image/png, image/jpeg are taken"],
  ])("over %s: which, by how much, and what to install", async (_name, bytes, words) => {
    const failure = readImageFile(put("a", bytes), options);
    await expect(failure).rejects.toThrow(words);
    await expect(failure).rejects.toThrow(ADVICE);
    await expect(failure).rejects.toMatchObject({ code: "bad_image" });
  });

  it("is sent as it is where the service scales by itself, and scaled first where it can be", async () => {
    const bytes = drawing(400, 200).png();
    const limits = { ...LIMITS, longerEdges: "scaled" } as const;
    expect(await readImageFile(put("a", bytes), { ...options, limits })).toEqual({
      mediaType: "image/png",
      width: 400,
      height: 200,
      bytes: bytes.length,
      data: bytes.toString("base64"),
    });
    expect(await readImageFile(put("a", bytes), { limits })).toMatchObject({ width: 100, height: 50 });
  });
});

describe("view_image", () => {
  const view = (limits?: ImageLimits) => createViewImageTool(space.context, () => Promise.resolve(limits));

  it("shows what a file is by its bytes", async () => {
    const { output } = await call(view(), { path: "shot.txt" });
    expect(output?.content).toEqual([
      { type: "text", text: "shot.txt: image/png, 320 x 240 pixels, 29 bytes" },
      { type: "image", mediaType: "image/png", data: PNG.toString("base64") },
    ]);
  });

  it("says what it made of a large one", async () => {
    put("a.png", drawing(400, 200).png());
    const { output, text } = await call(view(LIMITS), { path: "a.png" });
    expect(text).toMatch(/^a\.png: image\/png, 100 x 50 pixels, \d+ bytes \(scaled from 400x200 to 100x50\)$/);
    expect(output?.content[1]).toMatchObject({ type: "image", mediaType: "image/png" });
  });

  it("refuses missing files, folders, other kinds, and credentials whatever they hold", async () => {
    expect((await call(view(), { path: "none.png" })).text).toBe("none.png does not exist");
    expect((await call(view(), { path: "." })).text).toBe(". is a folder, not a regular file");
    put("a.svg", Buffer.from("<svg >"));
    expect((await call(view(), { path: "a.svg" })).text).toMatch(/^a\.svg is an SVG drawing: read it as text/);
    writeFileSync(join(space.home, ".netrc"), PNG);
    expect((await call(view(), { path: "~/.netrc" })).text).toMatch(/place of credentials/);
    rmSync(join(space.root, "a.svg"));
  });
});
