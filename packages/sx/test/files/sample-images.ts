import { createRequire } from "node:module";
import { IMAGE_LIBRARY } from "../../src/files/image-scale.js";
import type { Photon } from "../../src/files/image-scale-thread.js";

const photon = createRequire(import.meta.url)(IMAGE_LIBRARY) as Photon;

/** Red, green, blue, alpha. */
export type Color = readonly [number, number, number, number];

const RED: Color = [255, 0, 0, 255];
export const BLUE: Color = [0, 0, 255, 255];
export const CLEAR: Color = [0, 0, 0, 0];

/** An image that is of one colour in its upper left quarter and of another elsewhere. */
export function drawing(width: number, height: number, corner: Color = RED, rest: Color = BLUE): Drawing {
  const data = new Uint8Array(width * height * 4);
  for (let at = 0; at < width * height; at += 1) {
    const isCorner = at % width < width / 2 && at < (width * height) / 2;
    data.set(isCorner ? corner : rest, at * 4);
  }
  return new Drawing(data, width, height);
}

/** Noise, which no form makes small. */
export function noise(width: number, height: number): Drawing {
  const data = new Uint8Array(width * height * 4);
  let state = 1;
  for (let at = 0; at < data.length; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    data[at] = at % 4 === 3 ? 255 : state >>> 24;
  }
  return new Drawing(data, width, height);
}

class Drawing {
  readonly #image: InstanceType<Photon["PhotonImage"]>;

  constructor(data: Uint8Array, width: number, height: number) {
    this.#image = new photon.PhotonImage(data, width, height);
  }

  png(): Buffer {
    return Buffer.from(this.#image.get_bytes());
  }

  /** `orientation` as EXIF has it; absent: nothing is said. */
  jpeg(orientation?: number, order: "II" | "MM" = "II"): Buffer {
    const bytes = Buffer.from(this.#image.get_bytes_jpeg(95));
    if (orientation === undefined) return bytes;
    return Buffer.concat([bytes.subarray(0, 2), exif(orientation, order), bytes.subarray(2)]);
  }
}

/** The segment of a JPEG that says how it is to be turned. */
function exif(orientation: number, order: "II" | "MM"): Buffer {
  const hex = (little: string, big: string): string => (order === "II" ? little : big);
  const value = orientation.toString(16).padStart(4, "0");
  const swapped = `${value.slice(2)}${value.slice(0, 2)}`;
  const tiff = [
    hex("49492a0008000000", "4d4d002a00000008"),
    hex("0200", "0002"),
    hex("0001030001000000ffff0000", "000100030000000100ff0000"),
    hex(`1201030001000000${swapped}0000`, `0112000300000001${value}0000`),
    "00000000",
  ].join("");
  const body = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), Buffer.from(tiff, "hex")]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

/** The colour of one pixel of an encoded image, roughly. */
export function colorAt(bytes: Uint8Array, x: number, y: number): "red" | "blue" | "white" | "clear" | "other" {
  const image = photon.PhotonImage.new_from_byteslice(bytes);
  const at = (y * image.get_width() + x) * 4;
  const [r = 0, g = 0, b = 0, a = 0] = image.get_raw_pixels().subarray(at, at + 4);
  image.free();
  if (a < 10) return "clear";
  if (r > 240 && g > 240 && b > 240) return "white";
  if (r > 200 && g < 60 && b < 60) return "red";
  return b > 200 && r < 60 && g < 60 ? "blue" : "other";
}

/** A GIF of 2 x 1 pixels with two frames, the first red and the second blue. */
export const TWO_FRAMES = Buffer.from(
  [
    "474946383961 0200 0100 80 00 00 ff0000 0000ff",
    "21f904000a000000 2c 0000 0000 0200 0100 00 02 02 04 0a 00",
    "21f904000a000000 2c 0000 0000 0200 0100 00 02 02 4c 0a 00",
    "3b",
  ]
    .join("")
    .replaceAll(" ", ""),
  "hex",
);
