import { FileFailure } from "./file-failure.js";
import { formatBytes, type ReadBounds, readRegularFile } from "./regular-file.js";
import { realTarget } from "./workspace-path.js";

/**
 * Largest image in base64 that is sent, in characters: the smallest limit among the services (Messages API, 5 MB for
 * one image). Source: Anthropic documentation, "Vision", read 2026-11-20.
 */
export const MAX_IMAGE_BASE64 = 5 * 1024 * 1024;

/** The same limit for the file. */
export const MAX_IMAGE_BYTES = (MAX_IMAGE_BASE64 / 4) * 3;

/** Most that is read to give an exact reason why an image cannot be sent. */
const MAX_READ_BYTES = 64_000_000;

/** Longest side that the services take, in pixels. Source: as above. */
const MAX_IMAGE_SIDE = 8000;

export interface ImageInfo {
  readonly mediaType: "image/png" | "image/jpeg" | "image/gif" | "image/webp";
  /** In pixels, from the header. */
  readonly width: number;
  readonly height: number;
}

/** An image that can be sent. */
export interface ImageFile extends ImageInfo {
  /** Base64. */
  readonly data: string;
  /** Size of the file. */
  readonly bytes: number;
}

/**
 * Reads an image for a message. `path` is absolute; `judge` may refuse the opened file.
 * @throws FileFailure when it cannot be read, or `bad_image`.
 */
export async function readImageFile(
  path: string,
  options: { readonly shown?: string; readonly judge?: ReadBounds["judge"] } = {},
): Promise<ImageFile> {
  const shown = options.shown ?? path;
  const { bytes } = readRegularFile(await realTarget(path), shown, {
    maxBytes: MAX_READ_BYTES,
    ...(options.judge === undefined ? {} : { judge: options.judge }),
  });
  return { ...readImageInfo(bytes, shown), data: bytes.toString("base64"), bytes: bytes.length };
}

/**
 * What an image is by its own bytes; the file's name does not count.
 * @throws FileFailure `bad_image` for another format, a damaged header, and sides or sizes that no service takes.
 */
export function readImageInfo(bytes: Buffer, shown: string): ImageInfo {
  const found = findFormat(bytes);
  if (found === undefined) {
    throw new FileFailure("bad_image", `${shown} is not an image of a kind that can be sent (PNG, JPEG, GIF, WebP)`);
  }
  const [mediaType, readSize] = found;
  const size = readSize(bytes);
  if (size === undefined || size.width === 0 || size.height === 0) {
    throw new FileFailure("bad_image", `${shown} begins like ${mediaType} but its header is damaged or cut off`);
  }
  if (Math.max(size.width, size.height) > MAX_IMAGE_SIDE) {
    const sides = `${size.width} x ${size.height} pixels`;
    throw new FileFailure(
      "bad_image",
      `${shown} has ${sides}; the limit is ${MAX_IMAGE_SIDE} a side: make it smaller first`,
    );
  }
  if (bytes.length > MAX_IMAGE_BYTES) {
    const limit = `${formatBytes(MAX_IMAGE_BYTES)} (5 MB as base64)`;
    throw new FileFailure(
      "bad_image",
      `${shown} is ${formatBytes(bytes.length)}; the limit is ${limit}: make it smaller first`,
    );
  }
  return { mediaType, ...size };
}

/** Whether a file begins like an image that `view_image` shows. */
export function isImage(head: Buffer): boolean {
  return findFormat(head) !== undefined;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

type Format = readonly [mediaType: ImageInfo["mediaType"], readSize: (bytes: Buffer) => Size | undefined];

function findFormat(bytes: Buffer): Format | undefined {
  const start = bytes.toString("latin1", 0, 12);
  if (start.startsWith("\x89PNG\r\n\x1a\n")) return ["image/png", pngSize];
  if (start.startsWith("\xff\xd8\xff")) return ["image/jpeg", jpegSize];
  if (start.startsWith("GIF87a") || start.startsWith("GIF89a")) return ["image/gif", gifSize];
  if (start.startsWith("RIFF") && start.slice(8) === "WEBP") return ["image/webp", webpSize];
  return undefined;
}

/** Source: PNG specification (third edition), 11.2.1 IHDR, read 2026-11-20. */
function pngSize(bytes: Buffer): Size | undefined {
  if (bytes.length < 24 || bytes.toString("latin1", 12, 16) !== "IHDR") return undefined;
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** Source: GIF89a specification, 18 Logical Screen Descriptor, read 2026-11-20. */
function gifSize(bytes: Buffer): Size | undefined {
  if (bytes.length < 10) return undefined;
  return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
}

/** The size is in the first start-of-frame segment. Source: ITU T.81, B.2.2, read 2026-11-20. */
function jpegSize(bytes: Buffer): Size | undefined {
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] ?? 0;
    // Fill bytes before a marker, and markers that stand alone.
    if (marker === 0xff) at += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else if (isStartOfFrame(marker)) {
      if (at + 9 > bytes.length) return undefined;
      return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    } else {
      const length = bytes.readUInt16BE(at + 2);
      // Scan data or the end of the image before any frame.
      if (length < 2 || marker === 0xda || marker === 0xd9) return undefined;
      at += 2 + length;
    }
  }
  return undefined;
}

/** C0 to CF but for the tables DHT (C4), JPG (C8) and DAC (CC). */
function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Lossy, lossless or extended. Source: WebP container specification and RFC 6386 (9.1), read 2026-11-20. */
function webpSize(bytes: Buffer): Size | undefined {
  if (bytes.length < 30) return undefined;
  switch (bytes.toString("latin1", 12, 16)) {
    case "VP8X":
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    case "VP8L": {
      if (bytes[20] !== 0x2f) return undefined;
      const bits = bytes.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8 ": {
      if (bytes[23] !== 0x9d || bytes[24] !== 0x01 || bytes[25] !== 0x2a) return undefined;
      return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
    }
    default:
      return undefined;
  }
}
