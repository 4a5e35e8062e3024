import { findBrokenAccess } from "./wire-chat-completions-rules.js";
import { errorAnswer } from "./wire-chat-completions-refusal.js";
import { jsonAnswer, type RawRequest, type SideAnswer } from "./wire.js";

/** Ids that recorded traffic and our notes name, and one that cannot chat: the list does not say which. */
const LISTED = ["gpt-5.5", "gpt-5.2", "gpt-5", "gpt-4.1-mini", "gpt-4o", "text-embedding-3-small"];
const CREATED = 1_767_225_600;

/** `GET …/models` and `GET …/models/{id}`. Source: API reference, "Models", read 2026-11-20. */
export function answerModels(request: RawRequest): SideAnswer {
  const broken = findBrokenAccess(request);
  if (broken !== undefined) {
    return { ...broken.refusal, problem: `it would be refused by the service: ${broken.reason}` };
  }
  const id = /\/models\/(.+)$/.exec(request.path)?.[1];
  if (id === undefined) return jsonAnswer(200, { object: "list", data: LISTED.map((listed) => describe(listed)) });
  if (LISTED.includes(id)) return jsonAnswer(200, describe(id));
  return errorAnswer(404, { message: `The model '${id}' does not exist`, param: "model", code: "model_not_found" });
}

function describe(id: string): Readonly<Record<string, unknown>> {
  return { id, object: "model", created: CREATED, owned_by: "system" };
}
