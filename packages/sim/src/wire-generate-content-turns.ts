import { isObject, type JsonObject, objectsOf, textOf } from "./json-check.js";
import { isThirdGeneration } from "./wire-generate-content-models.js";
import { type BrokenRule, refused } from "./wire-generate-content-refusal.js";
import { isOwnSignature } from "./wire-generate-content-signature.js";

/** A content's parts, by what the rules on turns ask. */
interface Turn {
  readonly role: string;
  readonly parts: readonly JsonObject[];
  readonly calls: readonly JsonObject[];
  readonly responses: number;
}

/**
 * What the service refuses about the order of a conversation and its signatures. `contents` are those of the request,
 * after the ones of the stored prefix that it names.
 * Source: public reports of these errors, the vendor's guide on signatures, our notes, section 4, read 2026-11-20.
 */
export function findBrokenTurn(contents: readonly JsonObject[], model: string): BrokenRule | undefined {
  const turns = contents.map((content): Turn => {
    const parts = objectsOf(content["parts"]);
    return {
      role: textOf(content["role"]) || "user",
      parts,
      calls: parts.filter((part) => part["functionCall"] !== undefined),
      responses: parts.filter((part) => part["functionResponse"] !== undefined).length,
    };
  });
  return findBrokenPair(turns) ?? findBrokenSignature(turns, model);
}

/** A turn with calls comes after the user's, and is followed by as many responses. */
function findBrokenPair(turns: readonly Turn[]): BrokenRule | undefined {
  for (const [index, { role, calls, responses }] of turns.entries()) {
    const before = turns[index - 1];
    const expected = before?.calls.length ?? 0;
    if (responses > 0 && expected === 0) {
      return refused("Please ensure that function response turn comes immediately after a function call turn.");
    }
    if (responses !== expected) return unequal();
    if (calls.length > 0 && (role !== "model" || before?.role !== "user")) {
      const place = "a user turn or after a function response turn";
      return refused(`Please ensure that function call turn comes immediately after ${place}.`);
    }
  }
  return (turns.at(-1)?.calls.length ?? 0) > 0 ? unequal() : undefined;
}

function unequal(): BrokenRule {
  return refused(
    "Please ensure that the number of function response parts is equal to the number of function call parts of the " +
      "function call turn.",
  );
}

/**
 * Every signature that came back is one that was given out. Gemini 3 wants the one of the first call in each turn of
 * the model since the user last said something.
 */
function findBrokenSignature(turns: readonly Turn[], model: string): BrokenRule | undefined {
  for (const { parts } of turns) {
    for (const part of parts) {
      const signature = textOf(part["thoughtSignature"]);
      const call = part["functionCall"];
      const signed = isObject(call) ? { call: textOf(call["name"]) } : "text";
      if (signature !== "" && !isOwnSignature(signature, model, signed)) return refused("Corrupted thought signature.");
    }
  }
  if (!isThirdGeneration(model)) return undefined;
  const said = turns.findLastIndex(({ role, responses }) => role === "user" && responses === 0);
  for (const [index, { calls }] of turns.entries()) {
    const [first] = calls;
    if (index <= said || first === undefined || textOf(first["thoughtSignature"]) !== "") continue;
    const call = first["functionCall"];
    const name = isObject(call) ? textOf(call["name"]) : "";
    return refused(
      "Function call is missing a thought_signature in functionCall parts. This is required for tools to work " +
        "correctly, and missing thought_signature may lead to degraded model performance. Additional data, function " +
        `call \`default_api:${name}\` , position ${index + 1}. Please refer to ` +
        "https://ai.google.dev/gemini-api/docs/thought-signatures for more details.",
    );
  }
  return undefined;
}
