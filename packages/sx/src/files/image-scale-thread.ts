/** What to make of an image. */
export interface ScaleJob {
  readonly bytes: Uint8Array;
  readonly maxBytes: number;
  readonly maxEdgePixels: number;
  /** Forms that may come out. */
  readonly forms: readonly ("image/png" | "image/jpeg")[];
  /** JPEG comes first, where nothing is transparent. */
  readonly isPhotograph: boolean;
  /** 1 to 8, as EXIF has it. */
  readonly orientation: number;
}

export interface ScaledImage {
  readonly mediaType: "image/png" | "image/jpeg";
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The part of the image library that is used. */
export interface Photon {
  readonly PhotonImage: {
    new (pixels: Uint8Array, width: number, height: number): PhotonImage;
    new_from_byteslice(bytes: Uint8Array): PhotonImage;
  };
  resize(image: PhotonImage, width: number, height: number, filter: number): PhotonImage;
}

interface PhotonImage {
  get_width(): number;
  get_height(): number;
  /** RGBA. */
  get_raw_pixels(): Uint8Array;
  /** PNG. */
  get_bytes(): Uint8Array;
  get_bytes_jpeg(quality: number): Uint8Array;
  free(): void;
}

/**
 * Decodes, scales, turns and encodes. It runs in a thread of its own from its source text, so it may use nothing from
 * outside itself. Transparency is kept in PNG and laid on white in JPEG; of several frames the first is taken.
 * @throws whatever the library throws for a damaged image
 */
export function scaleHere(photon: Photon, job: ScaleJob): ScaledImage {
  const lanczos3 = 5;
  const qualities = [85, 70, 55, 40];
  const { maxBytes, maxEdgePixels, forms, orientation } = job;
  const source = photon.PhotonImage.new_from_byteslice(job.bytes);
  const [fullWidth, fullHeight] = [source.get_width(), source.get_height()];
  // More than this no model sees, and it would take gigabytes to encode.
  const mostPixels = 25_000_000;
  let factor = Math.min(
    1,
    maxEdgePixels / Math.max(fullWidth, fullHeight),
    Math.sqrt(mostPixels / (fullWidth * fullHeight)),
  );
  for (let attempt = 0; attempt < 12; attempt += 1) {
    const found = encode(turn(shrink()));
    if (typeof found !== "number") return found;
    // As many pixels less as there are bytes too many, and a little more.
    factor *= Math.max(0.2, Math.min(0.8, 0.95 * Math.sqrt(maxBytes / found)));
  }
  throw new Error("no size is small enough");

  interface Pixels {
    readonly data: Uint8Array;
    readonly width: number;
    readonly height: number;
  }

  function shrink(): Pixels {
    if (factor === 1) return { data: source.get_raw_pixels(), width: fullWidth, height: fullHeight };
    const width = Math.max(1, Math.round(fullWidth * factor));
    const height = Math.max(1, Math.round(fullHeight * factor));
    const resized = photon.resize(source, width, height, lanczos3);
    const data = resized.get_raw_pixels();
    resized.free();
    return { data, width, height };
  }

  /** Above 4 the sides change places. */
  function turn({ data, width, height }: Pixels): Pixels {
    if (orientation === 1) return { data, width, height };
    const from = new Uint32Array(data.buffer, data.byteOffset, width * height);
    const to = new Uint32Array(from.length);
    const isTurned = orientation > 4;
    const [newWidth, newHeight] = isTurned ? [height, width] : [width, height];
    const mirrorsX = orientation === 2 || orientation === 3 || orientation === 7 || orientation === 8;
    const mirrorsY = orientation === 3 || orientation === 4 || orientation === 6 || orientation === 7;
    for (let y = 0; y < newHeight; y += 1) {
      for (let x = 0; x < newWidth; x += 1) {
        const [along, down] = isTurned ? [y, x] : [x, y];
        const column = mirrorsX ? width - 1 - along : along;
        const row = mirrorsY ? height - 1 - down : down;
        to[y * newWidth + x] = from[row * width + column] ?? 0;
      }
    }
    return { data: new Uint8Array(to.buffer), width: newWidth, height: newHeight };
  }

  /** When no form of it is small enough: the bytes of the smallest. */
  function encode(pixels: Pixels): ScaledImage | number {
    let least = Infinity;
    const asPng = (): ScaledImage | undefined => {
      if (!forms.includes("image/png")) return undefined;
      const bytes = write(pixels, (image) => image.get_bytes());
      least = Math.min(least, bytes.length);
      return bytes.length > maxBytes ? undefined : { ...sides(pixels), mediaType: "image/png", bytes };
    };
    const asJpeg = (): ScaledImage | undefined => {
      if (!forms.includes("image/jpeg")) return undefined;
      const opaque = { ...pixels, data: flatten(pixels.data) };
      for (const quality of qualities) {
        const bytes = write(opaque, (image) => image.get_bytes_jpeg(quality));
        least = Math.min(least, bytes.length);
        if (bytes.length <= maxBytes) return { ...sides(pixels), mediaType: "image/jpeg", bytes };
        // The lowest quality makes about a third of the highest.
        if (bytes.length > 3 * maxBytes) break;
      }
      return undefined;
    };
    const made =
      job.isPhotograph && isOpaque(pixels.data)
        ? (asJpeg() ?? (least === Infinity ? asPng() : undefined))
        : (asPng() ?? asJpeg());
    return made ?? least;
  }

  function sides({ width, height }: Pixels): { readonly width: number; readonly height: number } {
    return { width, height };
  }

  function write({ data, width, height }: Pixels, how: (image: PhotonImage) => Uint8Array): Uint8Array {
    const image = new photon.PhotonImage(data, width, height);
    const bytes = how(image);
    image.free();
    return bytes;
  }

  function isOpaque(data: Uint8Array): boolean {
    for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return false;
    return true;
  }

  /** What is transparent shows white. */
  function flatten(data: Uint8Array): Uint8Array {
    if (isOpaque(data)) return data;
    const flat = new Uint8Array(data.length);
    for (let at = 0; at < data.length; at += 4) {
      const alpha = data[at + 3] ?? 255;
      for (let part = 0; part < 3; part += 1) {
        flat[at + part] = Math.round(((data[at + part] ?? 0) * alpha + 255 * (255 - alpha)) / 255);
      }
      flat[at + 3] = 255;
    }
    return flat;
  }
}
