import { type ImageLimits, type ImageMediaType, readImageHeader } from "@scorpiox/sxnet";
import { FileFailure } from "./file-failure.js";
import { describeForeignImage } from "./foreign-image.js";
import { formatBytes, type ReadBounds, readRegularFile } from "./regular-file.js";
import { realTarget } from "./workspace-path.js";

/** Where nobody says what is taken: the smallest that services have told of. Source: their pages, read 2026-11-20. */
const USUAL_LIMITS: ImageLimits = {
  mediaTypes: ["image/png", "image/jpeg", "image/gif", "image/webp"],
  // 5 MiB as base64.
  maxBytes: 3_932_160,
  maxEdgePixels: 8000,
  longerEdges: "refused",
};

/** Nothing larger is read. */
const MAX_READ_BYTES = 64_000_000;
/** Nothing larger is decoded: it takes up to 25 bytes of memory for each pixel. */
const MAX_PIXELS = 100_000_000;

export interface ImageInfo {
  readonly mediaType: ImageMediaType;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

/** An image that can be sent. */
export interface ImageFile extends ImageInfo {
  /** Base64. */
  readonly data: string;
  /** Size of what is sent. */
  readonly bytes: number;
  /** What was done to it, for people and for the model; absent when it is sent as it is. */
  readonly change?: string;
}

export interface ReadImageOptions {
  /** The name for messages. */
  readonly shown?: string;
  /** May refuse the opened file. */
  readonly judge?: ReadBounds["judge"];
  /** What the provider takes: an image beyond it is scaled or converted, if the image library is there. */
  readonly limits?: ImageLimits | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Path of the image library. Default: where it is found, if it is. */
  readonly findLibrary?: () => string | undefined;
}

/**
 * Reads an image for a message. `path` is absolute.
 * @throws FileFailure when it cannot be read, or `bad_image`; the signal's reason
 */
export async function readImageFile(path: string, options: ReadImageOptions = {}): Promise<ImageFile> {
  const { shown = path, judge, limits = USUAL_LIMITS } = options;
  const { bytes } = readRegularFile(await realTarget(path), shown, {
    maxBytes: MAX_READ_BYTES,
    ...(judge === undefined ? {} : { judge }),
  });
  const info = readImageInfo(bytes, shown);
  const asItIs: ImageFile = { ...info, data: bytes.toString("base64"), bytes: bytes.length };
  const excess = findExcess(info, bytes.length, limits);
  if (excess !== undefined) return fit(bytes, info, excess, { ...options, shown, limits });
  const isWide = Math.max(info.width, info.height) > limits.maxEdgePixels;
  if (!isWide || info.width * info.height > MAX_PIXELS) return asItIs;
  // The service would scale it: this only saves bytes, so it may fail.
  try {
    return await fit(bytes, info, "", { ...options, shown, limits });
  } catch (error) {
    if (error instanceof FileFailure) return asItIs;
    throw error;
  }
}

/**
 * Whether `readImageFile` would give an image, as far as a look tells: nothing is decoded or scaled. `path` is absolute.
 * @throws FileFailure when it cannot be read, or `bad_image`
 */
export async function checkImageFile(path: string, options: ReadImageOptions = {}): Promise<void> {
  const { shown = path, limits = USUAL_LIMITS } = options;
  const { bytes } = readRegularFile(await realTarget(path), shown, { maxBytes: MAX_READ_BYTES });
  const info = readImageInfo(bytes, shown);
  const excess = findExcess(info, bytes.length, limits);
  if (excess !== undefined) await findWayToFit(info, excess, shown, options);
}

/**
 * What an image is by its own bytes; the file's name does not count.
 * @throws FileFailure `bad_image` for another format, or a damaged header
 */
export function readImageInfo(bytes: Buffer, shown: string): ImageInfo {
  const header = readImageHeader(bytes);
  if (header === undefined) {
    const other = describeForeignImage(bytes) ?? "not an image of a kind that can be sent (PNG, JPEG, GIF, WebP)";
    throw new FileFailure("bad_image", `${shown} is ${other}`);
  }
  if (header.size === undefined) {
    throw new FileFailure("bad_image", `${shown} begins like ${header.mediaType} but its header is damaged or cut off`);
  }
  return { mediaType: header.mediaType, ...header.size };
}

/** Whether a file begins like an image that `view_image` shows. */
export function isImage(head: Buffer): boolean {
  return readImageHeader(head) !== undefined;
}

/** Which limit is exceeded, and by how much, in words that follow the image's name. */
function findExcess({ mediaType, width, height }: ImageInfo, bytes: number, limits: ImageLimits): string | undefined {
  const { mediaTypes, maxBytes, maxEdgePixels, longerEdges } = limits;
  if (!mediaTypes.includes(mediaType)) return `is of type ${mediaType}, and only ${mediaTypes.join(", ")} are taken`;
  if (bytes > maxBytes) return `has ${formatBytes(bytes)}; the limit is ${formatBytes(maxBytes)}`;
  if (longerEdges === "refused" && Math.max(width, height) > maxEdgePixels) {
    return `has ${width} x ${height} pixels; the limit is ${maxEdgePixels} a side`;
  }
  return undefined;
}

/** Makes of an image what is within the limits. */
async function fit(
  bytes: Buffer,
  { mediaType, width, height }: ImageInfo,
  excess: string,
  options: ReadImageOptions & { readonly shown: string; readonly limits: ImageLimits },
): Promise<ImageFile> {
  const { shown, limits, signal } = options;
  const library = await findWayToFit({ width, height }, excess, shown, options);
  const { scaleImage } = await import("./image-scale.js");
  const { readJpegOrientation } = await import("./image-orientation.js");
  const isJpeg = mediaType === "image/jpeg";
  const scaled = await scaleImage(
    library,
    {
      bytes,
      maxBytes: limits.maxBytes,
      maxEdgePixels: limits.maxEdgePixels,
      forms: (["image/png", "image/jpeg"] as const).filter((form) => limits.mediaTypes.includes(form)),
      isPhotograph: isJpeg || mediaType === "image/webp",
      orientation: isJpeg ? readJpegOrientation(bytes) : 1,
    },
    { signal },
  ).catch((cause: unknown) => {
    signal?.throwIfAborted();
    const why = cause instanceof Error ? cause.message : "it cannot be decoded";
    throw new FileFailure("bad_image", `${shown} ${excess}, and it cannot be made smaller: ${why}`, { cause });
  });
  const data = Buffer.from(scaled.bytes);
  const made = { mediaType: scaled.mediaType, width: scaled.width, height: scaled.height };
  const change = describeChange({ mediaType, width, height }, made, bytes.length, data.length);
  return { ...made, data: data.toString("base64"), bytes: data.length, change };
}

/** The path of the library that can make an image fit. @throws FileFailure `bad_image` when there is none, or it could not */
async function findWayToFit(
  { width, height }: Pick<ImageInfo, "width" | "height">,
  excess: string,
  shown: string,
  options: Pick<ReadImageOptions, "findLibrary">,
): Promise<string> {
  if (width * height > MAX_PIXELS) {
    const size = `${width} x ${height} pixels, more than ${MAX_PIXELS / 1_000_000} megapixels`;
    throw new FileFailure("bad_image", `${shown} has ${size}: make it smaller first`);
  }
  const { findImageLibrary, IMAGE_LIBRARY } = await import("./image-scale.js");
  const library = (options.findLibrary ?? findImageLibrary)();
  if (library === undefined) {
    throw new FileFailure(
      "bad_image",
      `${shown} ${excess}: make it smaller, or install the package with which sx does it: npm install -g ${IMAGE_LIBRARY}`,
    );
  }
  return library;
}

/** A turned image has its sides in the other order: that is no scaling. */
function describeChange(from: ImageInfo, to: ImageInfo, fromBytes: number, toBytes: number): string {
  const area = ({ width, height }: ImageInfo): number => width * height;
  const words =
    area(from) === area(to)
      ? [`made ${formatBytes(toBytes)} from ${formatBytes(fromBytes)}`]
      : [`scaled from ${from.width}x${from.height} to ${to.width}x${to.height}`];
  if (from.mediaType !== to.mediaType) words.push(`converted from ${from.mediaType} to ${to.mediaType}`);
  if (from.mediaType === "image/gif") words.push("first frame only");
  return words.join(", ");
}
