import type { Wire, WireMeans } from "./wire.js";
import { openGenerateContent, renderGenerateContent } from "./wire-generate-content-answer.js";
import { CachedContents, isCachePath } from "./wire-generate-content-caches.js";
import { answerCount } from "./wire-generate-content-count.js";
import { answerFailure } from "./wire-generate-content-failures.js";
import { answerModels } from "./wire-generate-content-models.js";
import type { Notes } from "./wire-generate-content-notes.js";
import { errorAnswer, statusOfCode } from "./wire-generate-content-refusal.js";
import { GENERATE_PATH, readGenerateContent } from "./wire-generate-content-request.js";

/**
 * The generateContent wire format, as the Gemini API speaks it. Without a memory it does not look up stored prefixes.
 * Source: `@google/genai` 2.32.0, recorded streams, our notes, section 4, read 2026-11-20.
 */
export const generateContent: Wire<Notes> = {
  name: "generate-content",
  matches: (method, path) => method === "POST" && GENERATE_PATH.test(path),
  read: (request) => readGenerateContent(request, undefined),
  render: renderGenerateContent,
  opening: openGenerateContent,
  // It tells no rate limits in its headers.
  headers: () => ({}),
  failure: answerFailure,
  badRequest: (message, status = 400) => errorAnswer({ code: status, message, status: statusOfCode(status) }),
  env: (origin) => ({
    endpoints: { GEMINI_BASE_URL: origin },
    secrets: { GEMINI_API_KEY: "simulator-key" },
  }),
  open: openWire,
};

function openWire(means: WireMeans): Wire<Notes> {
  const caches = new CachedContents(means);
  return {
    ...generateContent,
    read: (request) => readGenerateContent(request, caches),
    side: [
      {
        matches: (method, path) => method === "GET" && /^\/v1beta\/models(\/[^/:]+)?$/.test(path),
        answer: answerModels,
      },
      {
        matches: (method, path) => method === "POST" && /^\/v1beta\/models\/[^/:]+:countTokens$/.test(path),
        answer: (request) => answerCount(request, caches),
      },
      { matches: (_method, path) => isCachePath(path), answer: (request) => caches.answer(request) },
    ],
  };
}
