import { answerCount } from "./wire-messages-count.js";
import { openMessages, renderMessages } from "./wire-messages-answer.js";
import { answerFailure } from "./wire-messages-failures.js";
import { limitHeaders } from "./wire-messages-limits.js";
import { ThinkingMemory } from "./wire-messages-memory.js";
import { answerModels } from "./wire-messages-models.js";
import type { Notes } from "./wire-messages-notes.js";
import { errorAnswer } from "./wire-messages-refusal.js";
import { readMessages } from "./wire-messages-request.js";
import type { SideRoute, Wire } from "./wire.js";

/**
 * The Messages wire format, as the API of Anthropic speaks it, with a key and with the login of a plan. Without a
 * memory it does not ask for thinking that a client has left out.
 * Source: `@anthropic-ai/sdk` 1.11.0, recorded streams, our notes, sections 2 and 3, read 2026-11-21.
 */
export const messages: Wire<Notes> = {
  name: "messages",
  matches: (method, path) => method === "POST" && path.endsWith("/v1/messages"),
  read: (request) => readMessages(request, undefined),
  render: (turn, context) => renderMessages(turn, context, undefined),
  opening: openMessages,
  headers: (turn, context) => ({ "request-id": context.id("req"), ...limitHeaders(turn, context) }),
  failure: answerFailure,
  badRequest: (message, status = 400) => errorAnswer(status, message),
  env: (origin) => ({
    endpoints: { ANTHROPIC_API_URL: `${origin}/v1/messages`, CLAUDE_CODE_API_URL: `${origin}/v1/messages` },
    secrets: { ANTHROPIC_API_KEY: "simulator-key", CLAUDE_CODE_OAUTH_TOKEN: "sk-ant-oat01-simulator" },
  }),
  side: sideRoutes(undefined),
  open: () => {
    const memory = new ThinkingMemory();
    return {
      ...messages,
      read: (request) => readMessages(request, memory),
      render: (turn, context) => renderMessages(turn, context, memory),
      side: sideRoutes(memory),
    };
  },
};

function sideRoutes(memory: ThinkingMemory | undefined): readonly SideRoute[] {
  return [
    {
      matches: (method, path) => method === "POST" && path.endsWith("/v1/messages/count_tokens"),
      answer: (request) => answerCount(request, memory),
    },
    {
      // Other services have their lists there as well, and their clients neither of these headers.
      matches: (method, path, headers) =>
        method === "GET" &&
        /\/v1\/models(\/[^/]+)?$/.test(path) &&
        (headers["anthropic-version"] !== undefined || headers["x-api-key"] !== undefined),
      answer: answerModels,
    },
  ];
}
