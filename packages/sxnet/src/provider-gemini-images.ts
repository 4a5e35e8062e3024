import { checkImages } from "./image-check.js";
import type { ModelInfo } from "./models.js";
import type { ImageLimits } from "./provider.js";
import { NAME } from "./provider-gemini-request.js";
import type { ChatRequest } from "./types.js";

/**
 * Images count, as base64, against the 20 MiB of a request. No longest edge is refused; the service scales above this
 * one. Source: page "Image understanding", read 2026-11-20.
 */
export const GEMINI_IMAGES: ImageLimits = {
  mediaTypes: ["image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"],
  maxBytes: 13_000_000,
  maxEdgePixels: 3072,
  longerEdges: "scaled",
  maxTotalBytes: 13_000_000,
};

/** @throws ProviderError as `checkImages` */
export function checkGeminiImages(request: ChatRequest, model: ModelInfo): ChatRequest {
  return checkImages(request, model, GEMINI_IMAGES, { provider: NAME, seeing: "gemini-3.8-flash" });
}
