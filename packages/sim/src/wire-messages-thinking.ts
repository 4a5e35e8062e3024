import { isObject, type JsonObject, textOf } from "./json-check.js";
import type { ModelTraits } from "./wire-messages-models.js";
import { type BrokenRule, extra, missing, refused } from "./wire-messages-refusal.js";

const MIN_BUDGET = 1024;
const TYPES = ["adaptive", "between_tools", "disabled", "enabled"];
const EFFORTS = ["low", "medium", "high", "xhigh", "max"];
const SAMPLING = ["temperature", "top_p", "top_k"];

interface ThinkingContext {
  /** `undefined`: nothing is known of the model, so nothing about it is refused. */
  readonly traits: ModelTraits | undefined;
  readonly newVersion: boolean;
  /** The beta that lets the model think between calls. */
  readonly interleaved: boolean;
}

/**
 * What the service refuses in `thinking`, `output_config`, `tool_choice` and the sampling fields, as far as these
 * depend on each other and on the model.
 * Source: vendor's guides to thinking and effort, recorded and reported errors, our notes, section 2, read 2026-11-21.
 */
export function findBrokenThinkingConfig(body: JsonObject, context: ThinkingContext): BrokenRule | undefined {
  return (
    findBrokenType(body, context) ??
    findBrokenEffort(body, context) ??
    findBrokenForce(body, context) ??
    findBrokenSampling(body, context)
  );
}

/** Whether the request has thinking switched on itself. */
function hasThinkingOn(body: JsonObject): boolean {
  const type = thinkingOf(body)["type"];
  return type === "enabled" || type === "adaptive";
}

export function thinkingOf(body: JsonObject): JsonObject {
  return isObject(body["thinking"]) ? body["thinking"] : {};
}

function findBrokenType(body: JsonObject, { traits, interleaved }: ThinkingContext): BrokenRule | undefined {
  if (body["thinking"] === undefined) return undefined;
  const thinking = thinkingOf(body);
  const type = textOf(thinking["type"]);
  if (!TYPES.includes(type)) {
    const tags = TYPES.map((tag) => `'${tag}'`).join(", ");
    return refused(`thinking: Input tag '${type}' found using 'type' does not match any of the expected tags: ${tags}`);
  }
  const { display = null } = thinking;
  if (display !== null && display !== "summarized" && display !== "omitted") {
    return refused(`thinking.${type}.display: Input should be 'summarized' or 'omitted'`);
  }
  if (type === "enabled") return findBrokenBudget(body, thinking, traits, interleaved);
  if (thinking["budget_tokens"] !== undefined) return extra(`thinking.${type}.budget_tokens`);
  if (traits === undefined) return undefined;
  if (type === "adaptive") {
    return traits.adaptive ? undefined : refused("adaptive thinking is not supported on this model");
  }
  const taken = type === "disabled" ? traits.disabled : traits.betweenTools;
  if (taken) return undefined;
  const instead = traits.betweenTools ? '"thinking.type.between_tools"' : '"thinking.type.adaptive"';
  return refused(unsupported(type, instead));
}

function unsupported(type: string, instead: string): string {
  return (
    `"thinking.type.${type}" is not supported for this model. Use ${instead} and "output_config.effort" to control ` +
    "thinking behavior."
  );
}

function findBrokenBudget(
  body: JsonObject,
  { budget_tokens: budget }: JsonObject,
  traits: ModelTraits | undefined,
  interleaved: boolean,
): BrokenRule | undefined {
  if (traits?.budget === false) {
    return traits.adaptive
      ? refused(unsupported("enabled", '"thinking.type.adaptive"'))
      : refused("thinking is not supported on this model");
  }
  if (budget === undefined) return missing("thinking.enabled.budget_tokens");
  if (typeof budget !== "number" || !Number.isInteger(budget)) {
    return refused("thinking.enabled.budget_tokens: Input should be a valid integer");
  }
  if (budget < MIN_BUDGET) {
    return refused(`thinking.enabled.budget_tokens: Input should be greater than or equal to ${MIN_BUDGET}`);
  }
  // A count of tokens has no `max_tokens`.
  const { max_tokens: max } = body;
  return typeof max === "number" && budget >= max && !interleaved
    ? refused("`max_tokens` must be greater than `thinking.budget_tokens`.")
    : undefined;
}

function findBrokenEffort(body: JsonObject, { traits }: ThinkingContext): BrokenRule | undefined {
  const config = body["output_config"];
  const effort = isObject(config) ? config["effort"] : undefined;
  if (effort === undefined || effort === null) return undefined;
  if (!EFFORTS.includes(textOf(effort))) {
    return refused(`output_config.effort: Input should be ${EFFORTS.map((level) => `'${level}'`).join(", ")}`);
  }
  if (traits === undefined) return undefined;
  if (traits.efforts.length === 0) return refused("This model does not support the effort parameter.");
  if (!traits.efforts.includes(textOf(effort))) {
    const levels = [...traits.efforts].sort().join(", ");
    return refused(`This model does not support effort level '${textOf(effort)}'. Supported levels: ${levels}.`);
  }
  // Which words the service has for this is not known.
  return thinkingOf(body)["type"] === "between_tools" && (effort === "xhigh" || effort === "max")
    ? refused(`"thinking.type.between_tools" is not supported at effort level '${effort}'.`)
    : undefined;
}

function findBrokenForce(body: JsonObject, { traits }: ThinkingContext): BrokenRule | undefined {
  const choice = isObject(body["tool_choice"]) ? textOf(body["tool_choice"]["type"]) : "";
  if (choice !== "any" && choice !== "tool") return undefined;
  if (traits?.forcedTools === false) return refused(`tool_choice: '${choice}' is not supported for this model.`);
  return hasThinkingOn(body) ? refused("Thinking may not be enabled when tool_choice forces tool use.") : undefined;
}

function findBrokenSampling(body: JsonObject, { traits, newVersion }: ThinkingContext): BrokenRule | undefined {
  const given = SAMPLING.filter((name) => body[name] !== undefined && body[name] !== null);
  const [first] = given;
  if (first === undefined) return undefined;
  if (newVersion) return extra(first);
  const { temperature } = body;
  const odd = given.find((name) => name !== "temperature" || temperature !== 1);
  if (traits?.fixedSampling === true && odd !== undefined) return refused(`\`${odd}\` is deprecated for this model.`);
  if (typeof temperature === "number" && (temperature < 0 || temperature > 1)) {
    return refused("temperature: range: 0..1");
  }
  if (!hasThinkingOn(body)) return undefined;
  if (given.includes("temperature") && temperature !== 1) {
    return refused("`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.");
  }
  return given.includes("top_k")
    ? refused("`top_k` must be unset when thinking is enabled or in adaptive mode.")
    : undefined;
}
