/**
 * How a JPEG is to be turned before it is looked at, 1 to 8 as its EXIF data say; 1 (as it is) when they say nothing,
 * or nothing that can be read. Source: EXIF 2.32, 4.5.4 and 4.6.4 A (tag 0112), read 2026-11-21.
 */
export function readJpegOrientation(bytes: Buffer): number {
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    // Metadata end where the scan begins.
    if (marker === 0xda || marker === 0xd9) break;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = bytes.readUInt16BE(at + 2);
    if (marker === 0xe1 && bytes.toString("latin1", at + 4, at + 10) === "Exif\0\0") {
      return readOrientation(bytes.subarray(at + 10, at + 2 + length));
    }
    at += 2 + Math.max(length, 2);
  }
  return 1;
}

const ORIENTATION = 0x0112;

/** From the first directory of a TIFF structure, in either byte order. */
function readOrientation(tiff: Buffer): number {
  if (tiff.length < 8) return 1;
  const isLittle = tiff.toString("latin1", 0, 2) === "II";
  const short = (at: number): number => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const start = isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (start + 2 > tiff.length) return 1;
  const count = short(start);
  for (let entry = 0; entry < count; entry += 1) {
    const at = start + 2 + 12 * entry;
    if (at + 12 > tiff.length) break;
    if (short(at) !== ORIENTATION) continue;
    const value = short(at + 8);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
