import { ProviderError } from "./errors.js";
import type { ModelInfo } from "./models.js";
import type { ImageLimits } from "./provider.js";
import type { ChatRequest, ImageBlock, Message } from "./types.js";

// What was looked at is kept by message object: a long conversation is not read again with each step.
const CHECKED = new WeakMap<Message, readonly ImageBlock[]>();

/**
 * Refuses images that the model cannot see or the service does not take, before anything is sent.
 * @throws ProviderError `invalid_request`, or `request_too_large` for an image over the service's limit
 */
export function checkImages(
  request: ChatRequest,
  model: ModelInfo,
  limits: ImageLimits,
  options: { readonly provider: string; readonly seeing: string },
): void {
  const { provider, seeing } = options;
  for (const message of request.messages) {
    for (const image of imagesOf(message)) {
      if (!model.images) {
        const advice = `choose a model that can, for example ${seeing}`;
        throw new ProviderError("invalid_request", `${model.id} cannot see images; ${advice}`, {
          provider,
          key: "MODEL",
        });
      }
      if (!limits.mediaTypes.includes(image.mediaType)) {
        throw new ProviderError(
          "invalid_request",
          `${provider} does not take images of type ${JSON.stringify(image.mediaType)}; it takes ${limits.mediaTypes.join(", ")}`,
          { provider },
        );
      }
      const bytes = Math.floor((image.data.length * 3) / 4);
      if (bytes > limits.maxBytes) {
        throw new ProviderError(
          "request_too_large",
          `an image has ${megabytes(bytes)}, and ${provider} takes at most ${megabytes(limits.maxBytes)}; send a smaller one`,
          { provider },
        );
      }
    }
  }
}

function imagesOf(message: Message): readonly ImageBlock[] {
  const known = CHECKED.get(message);
  if (known !== undefined) return known;
  const images = message.content.flatMap((block): readonly ImageBlock[] => {
    if (block.type === "image") return [block];
    return block.type === "tool_result" ? block.content.filter((part) => part.type === "image") : [];
  });
  CHECKED.set(message, images);
  return images;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
