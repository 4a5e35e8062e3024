/**
 * What an image is by its own bytes, read by hand: nothing is decoded, and names and announced types do not count.
 */

export type ImageMediaType = "image/png" | "image/jpeg" | "image/gif" | "image/webp";

export interface ImageHeader {
  readonly mediaType: ImageMediaType;
  /** In pixels, as stored: a JPEG may say beside it that it is to be turned. Absent for a damaged or cut header. */
  readonly size?: ImageSize;
}

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** The type and size of an image that services take; `undefined` for everything else. Wants the first bytes or all. */
export function readImageHeader(bytes: Buffer): ImageHeader | undefined {
  const start = bytes.toString("latin1", 0, 12);
  if (start.startsWith("\x89PNG\r\n\x1a\n")) return header("image/png", pngSize(bytes));
  if (start.startsWith("\xff\xd8\xff")) return header("image/jpeg", jpegSize(bytes));
  if (start.startsWith("GIF87a") || start.startsWith("GIF89a")) return header("image/gif", gifSize(bytes));
  if (start.startsWith("RIFF") && start.slice(8) === "WEBP") return header("image/webp", webpSize(bytes));
  return undefined;
}

function header(mediaType: ImageMediaType, size: ImageSize | undefined): ImageHeader {
  return size === undefined || size.width === 0 || size.height === 0 ? { mediaType } : { mediaType, size };
}

/** Source: PNG specification (third edition), 11.2.1 IHDR, read 2026-11-20. */
function pngSize(bytes: Buffer): ImageSize | undefined {
  if (bytes.length < 24 || bytes.toString("latin1", 12, 16) !== "IHDR") return undefined;
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** Source: GIF89a specification, 18 Logical Screen Descriptor, read 2026-11-20. */
function gifSize(bytes: Buffer): ImageSize | undefined {
  if (bytes.length < 10) return undefined;
  return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
}

/** The size is in the first start-of-frame segment. Source: ITU T.81, B.2.2, read 2026-11-20. */
function jpegSize(bytes: Buffer): ImageSize | undefined {
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
function webpSize(bytes: Buffer): ImageSize | undefined {
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
