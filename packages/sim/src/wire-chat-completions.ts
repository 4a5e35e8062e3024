import { openChatCompletions, renderChatCompletions } from "./wire-chat-completions-answer.js";
import { answerFailure } from "./wire-chat-completions-failures.js";
import { limitHeaders } from "./wire-chat-completions-limits.js";
import { ReasoningMemory } from "./wire-chat-completions-memory.js";
import { answerModels } from "./wire-chat-completions-models.js";
import type { Notes } from "./wire-chat-completions-notes.js";
import { errorAnswer } from "./wire-chat-completions-refusal.js";
import { readChatCompletions } from "./wire-chat-completions-request.js";
import type { Wire } from "./wire.js";

/**
 * The Chat Completions wire format, as the API of OpenAI speaks it, with the reasoning of servers that imitate it.
 * Without a memory it does not ask for reasoning that a client has left out.
 * Source: `openai` 6.49.0, recorded streams, our notes, section 5, read 2026-11-21.
 */
export const chatCompletions: Wire<Notes> = {
  name: "chat-completions",
  matches: (method, path) => method === "POST" && path.endsWith("/chat/completions"),
  read: (request) => readChatCompletions(request, undefined),
  render: (turn, context) => renderChatCompletions(turn, context, undefined),
  opening: openChatCompletions,
  headers: (turn, context) => ({ "x-request-id": context.id("req"), ...limitHeaders(turn, context) }),
  failure: answerFailure,
  badRequest: (message, status = 400) =>
    errorAnswer(status, {
      message,
      type: status >= 500 ? "server_error" : "invalid_request_error",
      code: "simulator_mismatch",
    }),
  env: (origin) => ({
    endpoints: { OPENAI_BASE_URL: `${origin}/v1` },
    secrets: { OPENAI_API_KEY: "simulator-key" },
  }),
  side: [{ matches: (method, path) => method === "GET" && /\/models(\/.+)?$/.test(path), answer: answerModels }],
  open: () => {
    const memory = new ReasoningMemory();
    return {
      ...chatCompletions,
      read: (request) => readChatCompletions(request, memory),
      render: (turn, context) => renderChatCompletions(turn, context, memory),
    };
  },
};
