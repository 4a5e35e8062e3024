import { readEffort } from "./effort.js";
import { ProviderError } from "./errors.js";
import { nearestEffort } from "./models.js";
import type { AssistantMessage, ChatRequest, Effort, Message, Settings } from "./types.js";
import { fieldsOf } from "./unknown-value.js";
import type { MessagesTarget } from "./wire-messages-model.js";

/**
 * Thinking in the Messages wire format. Each model line has its own switch, and refuses the others with 400.
 * Source: "Troubleshooting thinking" (table by model) and the migration guides of the 5.5 models, read 2026-11-21.
 */

export interface ThinkingPlan {
  /** The field `thinking`; absent: it is left out. */
  readonly thinking?: Readonly<Record<string, unknown>>;
  /** `output_config.effort`. */
  readonly effort?: Effort;
  /** Thoughts between calls have to be asked for with a beta header. */
  readonly interleaved: boolean;
}

const PLAIN: ThinkingPlan = { interleaved: false };
/** Source: Messages API reference, `thinking.budget_tokens`, read 2026-11-21. */
const MIN_BUDGET = 1024;
/** What of `max_tokens` is left for the answer when a budget has to be cut. */
const ANSWER_TOKENS = 1024;
/** Where thinking is asked for without saying how much. */
const DEFAULT_BUDGET = 10_000;

const BUDGETS: Readonly<Record<Exclude<Effort, "off">, number>> = {
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 24_576,
  max: 32_000,
};

/**
 * What is sent for the effort that request and settings ask for. A call that is forced by `toolChoice` turns thinking
 * off for this request: the service does not take both.
 * @throws ProviderError `configuration` for settings that are no effort or no number, `invalid_request` where the model
 * cannot be made to call a tool
 */
export function planThinking(request: ChatRequest, target: MessagesTarget, maxTokens: number): ThinkingPlan {
  const { provider, model, settings } = target;
  const wanted = readEffort(request, settings, { provider, keys: ["REASONING_EFFORT"] });
  const budget = readBudget(settings, provider);
  const forced = forcesCall(request);
  if (forced && !model.forcedTools) {
    throw new ProviderError(
      "invalid_request",
      `${model.id} cannot be made to call a tool; leave toolChoice at auto and ask for the call in the prompt`,
      { provider, key: "MODEL" },
    );
  }
  if (model.thinking === "none") return PLAIN;
  if (forced) return model.thinkingOff === "disabled" ? { ...PLAIN, thinking: { type: "disabled" } } : PLAIN;
  if (wanted === "off" && model.thinkingOff !== "never") {
    return model.thinkingOff === "absent" ? PLAIN : { ...PLAIN, thinking: { type: model.thinkingOff } };
  }
  const asked = wanted !== undefined || settings["THINKING"] === "1";
  if (model.thinking === "budget") {
    if (!asked && budget === undefined) return PLAIN;
    if (!beganWithThoughts(request.messages, target)) return PLAIN;
    const byEffort = wanted === undefined || wanted === "off" ? DEFAULT_BUDGET : BUDGETS[wanted];
    return planBudget(budget ?? byEffort, maxTokens, (request.tools ?? []).length > 0);
  }
  if (!asked && model.thinkingOff === "absent") return PLAIN;
  const levels = model.efforts.filter((effort) => effort !== "off");
  return {
    ...PLAIN,
    // Newer models keep their thoughts to themselves unless they are asked for a summary.
    thinking: { type: "adaptive", display: "summarized" },
    ...(wanted === undefined ? {} : { effort: nearestEffort(wanted, levels) }),
  };
}

/** Whether the answer has to begin with a call. */
function forcesCall({ tools = [], toolChoice }: ChatRequest): boolean {
  return tools.length > 0 && toolChoice !== undefined && toolChoice !== "auto" && toolChoice !== "none";
}

/**
 * Thinking by budget cannot begin while calls are answered: the turn under way has to begin with thoughts of this model
 * ("Expected `thinking`, but found …", 400). Another model's are not sent, so a turn that one began is ended without.
 * Source: "Extended thinking", toggling within a turn, and the service's words in public reports, read 2026-11-21.
 */
function beganWithThoughts(
  messages: readonly Message[],
  { provider, model, unsignedThoughts = false }: MessagesTarget,
): boolean {
  let first: AssistantMessage | undefined;
  for (let at = messages.length - 1; at >= 0; at -= 1) {
    const message = messages[at];
    if (message?.role !== "assistant") continue;
    // The turn before it, unless both are sent as one.
    const calls = message.content.some(({ type }) => type === "tool_use");
    if (!calls && messages[at + 1]?.role !== "assistant") break;
    const lost = message.content.some(({ type, opaque }) => {
      if (type !== "thinking" || (opaque === undefined && unsignedThoughts)) return false;
      const { signature, data } = fieldsOf(opaque?.data);
      return opaque?.provider !== provider || opaque.model !== model.id || !(signature ?? data);
    });
    if (lost) return false;
    first = message;
  }
  const block = first?.content.find((each) => each.type !== "text" || each.text.trim() !== "" || each.opaque);
  return block === undefined || block.type === "thinking";
}

/** A budget counts towards `max_tokens` and must be below it; where there is no room for one, nothing is thought. */
function planBudget(wanted: number, maxTokens: number, hasTools: boolean): ThinkingPlan {
  const tokens = Math.min(Math.max(wanted, MIN_BUDGET), maxTokens - ANSWER_TOKENS);
  if (tokens < MIN_BUDGET) return PLAIN;
  return { thinking: { type: "enabled", budget_tokens: tokens }, interleaved: hasTools };
}

function readBudget(settings: Settings, provider: string): number | undefined {
  const text = settings["THINKING_BUDGET"]?.trim();
  if (!text) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new ProviderError("configuration", `THINKING_BUDGET is ${JSON.stringify(text)}; give a number of tokens`, {
    provider,
    key: "THINKING_BUDGET",
  });
}
