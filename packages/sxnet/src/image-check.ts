import { ProviderError } from "./errors.js";
import { readImageHeader } from "./image-header.js";
import type { ModelInfo } from "./models.js";
import type { ImageLimits } from "./provider.js";
import type { ChatRequest, ImageBlock, Message, TextBlock, UserBlock, UserMessage } from "./types.js";

/**
 * The one rule for images that cannot be sent. One that the user shows in the newest message is an error, before
 * anything is sent. Any other (shown earlier, perhaps to another model, or by a tool) gives way to a note, so that no
 * image makes a conversation unusable; the conversation itself keeps it, for a model that takes it.
 */

interface SeenImage {
  readonly block: ImageBlock;
  /** Decoded. */
  readonly bytes: number;
  /** Longest edge in pixels; 0 when the header does not tell. */
  readonly edge: number;
}

interface Noted {
  /** What was left out of it, and why. */
  readonly key: string;
  readonly message: UserMessage;
}

interface CheckOptions {
  readonly provider: string;
  /** A model that sees, for the advice. */
  readonly seeing: string;
}

// Kept by message object: a long conversation is not read again with each step, and a message with notes in it is the
// same object each time, which is what the serialised text is kept by.
const SEEN = new WeakMap<Message, readonly SeenImage[]>();
const NOTED = new WeakMap<Message, Noted>();
const NOTHING: readonly SeenImage[] = [];
const HEADER_CHARS = 1_048_576;

/**
 * The request as it can be sent to the model; the same object when every image in it can.
 * @throws ProviderError `invalid_request`, or `request_too_large`, for an image in the newest message
 */
export function checkImages(
  request: ChatRequest,
  model: ModelInfo,
  limits: ImageLimits,
  { provider, seeing }: CheckOptions,
): ChatRequest {
  const { messages } = request;
  const images = messages.flatMap((message) => imagesOf(message));
  if (images.length === 0) return request;
  const newest = messages.at(-1);
  const demanded = new Set<ImageBlock>(newest?.role === "user" ? newest.content.filter(isImage) : []);
  const omitted = new Map<ImageBlock, string>();
  const taken = images.filter((image) => {
    const fault = model.images ? findFault(image, limits, provider) : blind(model, seeing);
    if (fault === undefined) return true;
    if (demanded.has(image.block)) throw new ProviderError(fault.code, fault.message, { provider, ...fault.extra });
    omitted.set(image.block, fault.note);
    return false;
  });
  leaveOutOldest(taken, demanded, limits, { provider, omitted });
  if (omitted.size === 0) return request;
  return { ...request, messages: messages.map((message) => withNotes(message, omitted)) };
}

interface Fault {
  readonly code: "invalid_request" | "request_too_large";
  readonly message: string;
  /** For the model, in place of the image. */
  readonly note: string;
  readonly extra?: { readonly key: string };
}

function blind({ id }: ModelInfo, seeing: string): Fault {
  return {
    code: "invalid_request",
    message: `${id} cannot see images; choose a model that can, for example ${seeing}`,
    note: `${id} cannot see images`,
    extra: { key: "MODEL" },
  };
}

/** Why the service does not take the image. */
function findFault({ block, bytes, edge }: SeenImage, limits: ImageLimits, provider: string): Fault | undefined {
  const { mediaTypes, maxBytes, maxEdgePixels, longerEdges } = limits;
  if (!mediaTypes.includes(block.mediaType)) {
    const type = JSON.stringify(block.mediaType);
    return {
      code: "invalid_request",
      message: `${provider} does not take images of type ${type}; it takes ${mediaTypes.join(", ")}`,
      note: `${provider} does not take images of type ${type}`,
    };
  }
  if (bytes > maxBytes) {
    const sizes = `${megabytes(bytes)}, and ${provider} takes at most ${megabytes(maxBytes)}`;
    return {
      code: "request_too_large",
      message: `an image has ${sizes}; send a smaller one`,
      note: `it has ${sizes}`,
    };
  }
  if (longerEdges === "refused" && edge > maxEdgePixels) {
    const edges = `${edge} pixels on its longest edge, and ${provider} takes at most ${maxEdgePixels}`;
    return { code: "request_too_large", message: `an image has ${edges}; send a smaller one`, note: `it has ${edges}` };
  }
  return undefined;
}

/**
 * Leaves out the oldest images where all together are too many or too large. Once it begins it makes half of the room
 * free: so what is sent stays the same over many steps, and the service's prompt cache with it.
 */
function leaveOutOldest(
  taken: readonly SeenImage[],
  demanded: ReadonlySet<ImageBlock>,
  limits: ImageLimits,
  { provider, omitted }: { readonly provider: string; readonly omitted: Map<ImageBlock, string> },
): void {
  const { maxTotalBytes = Infinity, maxImages = Infinity, crowd } = limits;
  const kept: SeenImage[] = [];
  let total = 0;
  const shrink = (isOver: () => boolean, why: string): void => {
    while (isOver() && kept.length > 1) {
      const [oldest] = kept;
      if (oldest === undefined || demanded.has(oldest.block)) return;
      kept.shift();
      total -= oldest.bytes;
      omitted.set(oldest.block, why);
    }
  };
  for (const image of taken) {
    kept.push(image);
    total += image.bytes;
    if (total > maxTotalBytes) shrink(() => total > maxTotalBytes / 2, `${provider} takes no more bytes of images`);
    if (kept.length > maxImages) shrink(() => kept.length > maxImages / 2, `${provider} takes no more images`);
  }
  const refuse = (message: string): never => {
    throw new ProviderError("request_too_large", message, { provider });
  };
  if (total > maxTotalBytes) {
    refuse(`the images have ${megabytes(total)}, and ${provider} takes ${megabytes(maxTotalBytes)} in one request`);
  }
  if (kept.length > maxImages) refuse(`${kept.length} images at once, and ${provider} takes ${maxImages}; send fewer`);
  if (crowd === undefined || kept.length <= crowd.images) return;
  for (const { block, edge } of kept) {
    if (edge <= crowd.maxEdgePixels) continue;
    const rule = `${provider} takes at most ${crowd.maxEdgePixels} pixels a side when there are more than ${crowd.images} images`;
    if (demanded.has(block)) refuse(`an image has ${edge} pixels on its longest edge, and ${rule}; send a smaller one`);
    omitted.set(block, rule);
  }
}

function withNotes(message: Message, omitted: ReadonlyMap<ImageBlock, string>): Message {
  const own = imagesOf(message);
  if (message.role !== "user" || !own.some(({ block }) => omitted.has(block))) return message;
  const key = own.map(({ block }) => omitted.get(block) ?? "").join("\n");
  const known = NOTED.get(message);
  if (known?.key === key) return known.message;
  const note = <Block extends UserBlock>(block: Block): Block | TextBlock => {
    const why = block.type === "image" ? omitted.get(block) : undefined;
    return why === undefined ? block : { type: "text", text: `[image omitted: ${why}]` };
  };
  const content = message.content.map((block): UserBlock =>
    block.type === "tool_result" ? { ...block, content: block.content.map(note) } : note(block),
  );
  const noted: UserMessage = { role: "user", content };
  NOTED.set(message, { key, message: noted });
  return noted;
}

function imagesOf(message: Message): readonly SeenImage[] {
  const known = SEEN.get(message);
  if (known !== undefined) return known;
  const blocks = message.content.flatMap((block): readonly ImageBlock[] => {
    if (isImage(block)) return [block];
    return block.type === "tool_result" ? block.content.filter(isImage) : [];
  });
  const images = blocks.length === 0 ? NOTHING : blocks.map(see);
  SEEN.set(message, images);
  return images;
}

/** Base64 is a third longer than its bytes. The size is looked for in the first 786 KB: metadata may stand before it. */
function see(block: ImageBlock): SeenImage {
  const { data } = block;
  const size = readImageHeader(Buffer.from(data.slice(0, HEADER_CHARS), "base64"))?.size;
  return {
    block,
    bytes: Math.floor((data.length * 3) / 4),
    edge: size === undefined ? 0 : Math.max(size.width, size.height),
  };
}

function isImage(block: { readonly type: string }): block is ImageBlock {
  return block.type === "image";
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
