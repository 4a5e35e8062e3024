import { jsonAnswer, type RawRequest, type SideAnswer } from "./wire.js";
import type { ThinkingMemory } from "./wire-messages-memory.js";
import { checkMessages } from "./wire-messages-request.js";

const CHARS_PER_TOKEN = 4;

/** `POST …/count_tokens`: an estimate from the number of characters, of a prompt that the service would take. */
export function answerCount(request: RawRequest, memory: ThinkingMemory | undefined): SideAnswer {
  const checked = checkMessages(request, { purpose: "count", memory });
  if (!checked.ok) {
    const { refusal, reason } = checked.broken;
    return { ...refusal, problem: `it would be refused by the service: ${reason}` };
  }
  return jsonAnswer(200, { input_tokens: Math.ceil(request.body.length / CHARS_PER_TOKEN) });
}
