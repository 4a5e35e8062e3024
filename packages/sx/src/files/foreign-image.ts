/** Brands of the ISO media container. Source: registered types at mp4ra.org, read 2026-11-21. */
const HEIC = /^(heic|heix|hevc|hevx|heim|heis|mif1|msf1)$/;
const AVIF = /^(avif|avis)$/;
const RASTER = "save it as PNG or JPEG first";

/** An image, but not of a kind that services take: what it is, and what to do about it; else `undefined`. */
export function describeForeignImage(bytes: Buffer): string | undefined {
  const start = bytes.toString("latin1", 0, 12);
  const brand = start.slice(4, 8) === "ftyp" ? start.slice(8) : "";
  if (HEIC.test(brand)) return `a HEIC image, as telephones make it: ${RASTER}`;
  if (AVIF.test(brand)) return `an AVIF image: ${RASTER}`;
  if (start.startsWith("BM") && bytes.length >= 26) return `a BMP image: ${RASTER}`;
  if (start.startsWith("II*\0") || start.startsWith("MM\0*")) return `a TIFF image: ${RASTER}`;
  if (start.startsWith("\0\0\x01\0")) return `an icon: ${RASTER}`;
  if (start.startsWith("\xff\x0a") || start.slice(4, 8) === "JXL ") return `a JPEG XL image: ${RASTER}`;
  const text = bytes.toString("utf8", 0, 1024);
  if (/^\s*(<\?xml[^]*?\?>\s*)?(<!--[^]*?-->\s*)*(<!DOCTYPE svg[^]*?>\s*)?<svg[\s>]/i.test(text)) {
    return "an SVG drawing: read it as text, or save it as PNG first";
  }
  return undefined;
}
