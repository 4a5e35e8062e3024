import { ProviderError } from "./errors.js";
import { checkOf, type SchemaCheck } from "./schema-check.js";
import type { AssistantMessage, JsonSchema, ResponseSchema, StreamEvent } from "./types.js";

/** Answers bound to a schema: whatever a service promises, each answer is read and checked here. */

type Done = Extract<StreamEvent, { type: "done" }>;

/** What the services take as a name. */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const FENCE = "```";

/** Why a schema cannot be used to bind an answer; `undefined` when it can. */
export function findSchemaProblem(schema: JsonSchema): string | undefined {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) return "it is not an object";
  return checkOf(schema).unusable;
}

export class AnswerCheck {
  readonly #provider: string;
  readonly #check: SchemaCheck;

  /** @throws ProviderError `invalid_request` for a schema or name that cannot be used */
  constructor({ name, schema }: ResponseSchema, provider: string) {
    const problem = findSchemaProblem(schema);
    if (problem !== undefined) throw invalid(`responseSchema.schema cannot be used: ${problem}`, provider);
    if (name !== undefined && !NAME.test(name)) {
      throw invalid("responseSchema.name must be 1 to 64 letters, digits, _ and -", provider);
    }
    this.#provider = provider;
    this.#check = checkOf(schema);
  }

  /**
   * The event with the parsed answer, for an answer that ended by itself; any other is what it was: with calls, cut,
   * refused or paused.
   * @throws ProviderError `schema_mismatch`, with the answer's usage
   */
  complete(event: Done, { content }: AssistantMessage): Done {
    if (event.stopReason !== "end_turn" && event.stopReason !== "stop_sequence") return event;
    if (content.some(({ type }) => type === "tool_use")) return event;
    const texts = content.flatMap((block) => (block.type === "text" && block.text !== "" ? [block.text] : []));
    // All of it, because a service may cut one text into blocks; else the last, because a model may comment its work first.
    const value = parse(texts.join("")) ?? parse(texts.at(-1) ?? "");
    if (value === undefined)
      throw this.#mismatch(event, texts.length === 0 ? "it is empty" : "it is not one JSON value");
    const verdict = this.#check.judge(value.json, "answer");
    if ("unusable" in verdict) {
      throw invalid(`responseSchema.schema cannot be used: ${verdict.unusable}`, this.#provider);
    }
    if (!verdict.fits) throw this.#mismatch(event, verdict.problem);
    return { ...event, output: value.json };
  }

  #mismatch({ usage }: Done, problem: string): ProviderError {
    const provider = this.#provider;
    return new ProviderError("schema_mismatch", `the answer of ${provider} does not fit its schema: ${problem}`, {
      provider,
      problem,
      usage,
    });
  }
}

function invalid(message: string, provider: string): ProviderError {
  return new ProviderError("invalid_request", message, { provider });
}

/** White space and one code fence around the value are forgiven, anything else is not. */
function parse(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(withoutFence(text.trim())) as unknown };
  } catch {
    // Not JSON: the caller says so, without quoting the text.
    return undefined;
  }
}

function withoutFence(text: string): string {
  if (!text.startsWith(FENCE) || !text.endsWith(FENCE) || text.length < 2 * FENCE.length) return text;
  const lineEnd = text.indexOf("\n");
  if (lineEnd === -1 || !["", "json"].includes(text.slice(FENCE.length, lineEnd).trim().toLowerCase())) return text;
  return text.slice(lineEnd + 1, -FENCE.length);
}
