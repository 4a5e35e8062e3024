import { isObject, type JsonObject, parseBody, textOf } from "./json-check.js";
import { hasLoneSurrogate } from "./lone-surrogates.js";
import type { ReasoningMemory } from "./wire-chat-completions-memory.js";
import { findBrokenMessages, findBrokenName } from "./wire-chat-completions-messages.js";
import {
  type BrokenRule,
  emptyList,
  errorAnswer,
  missing,
  refused,
  wrongType,
  wrongValue,
} from "./wire-chat-completions-refusal.js";
import { findStrictFault } from "./wire-chat-completions-schema.js";
import type { RawRequest } from "./wire.js";

/** Source: `ChatCompletionCreateParamsBase` of `openai` 6.49.0, read 2026-11-21. */
const FIELDS = new Set(
  (
    "messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens " +
    "max_tokens metadata modalities moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key " +
    "prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier " +
    "stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options"
  ).split(" "),
);
const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
/** Models that reason, as far as their names tell. */
const REASONING = /^(o\d|gpt-[5-9])/;
/** Of these it is documented that they take no sampling field; later ones take it without reasoning. */
const FIXED_SAMPLING = /^(o\d|gpt-5(-|$))/;

const KEY_ADVICE =
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. " +
  "Authorization: Bearer YOUR_KEY). You can obtain an API key from https://platform.openai.com/account/api-keys.";

/**
 * The vendor's service is at the root. A server that imitates it has a path before `/v1`, or none of that: such a one
 * needs no key and has fields of its own.
 */
function isOfficial({ path }: Pick<RawRequest, "path">): boolean {
  return path.startsWith("/v1/");
}

export function findBrokenAccess(request: RawRequest): BrokenRule | undefined {
  if (!isOfficial(request) || /^Bearer +\S+$/i.test(request.headers["authorization"] ?? "")) return undefined;
  return { refusal: errorAnswer(401, { message: KEY_ADVICE }), reason: "no API key in the authorization header" };
}

export type Checked =
  | { readonly ok: true; readonly body: JsonObject }
  | { readonly ok: false; readonly broken: BrokenRule };

/**
 * The parsed body of a request that the service would take, or the first rule that it breaks, in words like the
 * service's own. A request that passes here is still no proof that the real service takes it.
 */
export function checkChatCompletions(raw: RawRequest, memory: ReasoningMemory | undefined): Checked {
  const access = findBrokenAccess(raw);
  if (access !== undefined) return { ok: false, broken: access };
  const body = parseBody(raw.body);
  if (!isObject(body) || hasLoneSurrogate(raw.body, body)) {
    return { ok: false, broken: refused("We could not parse the JSON body of your request.", null) };
  }
  const broken = findBrokenField(raw, body) ?? findBrokenBody(body, memory);
  return broken === undefined ? { ok: true, body } : { ok: false, broken };
}

function findBrokenField(raw: RawRequest, body: JsonObject): BrokenRule | undefined {
  const odd = isOfficial(raw) ? Object.keys(body).find((name) => !FIELDS.has(name)) : undefined;
  return odd === undefined ? undefined : refused(`Unrecognized request argument supplied: ${odd.slice(0, 100)}`, null);
}

function findBrokenBody(body: JsonObject, memory: ReasoningMemory | undefined): BrokenRule | undefined {
  const { messages } = body;
  const model = textOf(body["model"]);
  if (model === "") return refused("you must provide a model parameter", null);
  if (messages === undefined) return missing("messages");
  if (!Array.isArray(messages)) return wrongType("messages", "an array of objects");
  if (messages.length === 0) return emptyList("messages");
  return (
    findBrokenStream(body) ??
    findBrokenLimits(body, model) ??
    findBrokenTools(body) ??
    findBrokenFormat(body["response_format"]) ??
    findBrokenMessages(messages, { model, memory })
  );
}

function findBrokenStream(body: JsonObject): BrokenRule | undefined {
  const { n = null, stream, stream_options: options = null } = body;
  if (n !== null && n !== 1) return refused("scorpiox-sim answers one choice only: leave 'n' out", "n");
  if (options === null) return undefined;
  if (stream !== true) {
    return refused("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options");
  }
  return isObject(options) ? undefined : wrongType("stream_options", "an object");
}

function findBrokenLimits(body: JsonObject, model: string): BrokenRule | undefined {
  const given = (name: string): boolean => body[name] !== undefined && body[name] !== null;
  const bounds = ["max_tokens", "max_completion_tokens"].filter(given);
  if (bounds.length > 1) {
    return refused("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", null);
  }
  const [bound] = bounds;
  if (bound === "max_tokens" && REASONING.test(model)) {
    return refused(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      bound,
      "unsupported_parameter",
    );
  }
  if (bound !== undefined && !(Number.isInteger(body[bound]) && Number(body[bound]) >= 1)) {
    return refused(
      `Invalid '${bound}': integer below minimum value. Expected a value >= 1.`,
      bound,
      "integer_below_min_value",
    );
  }
  const { temperature, reasoning_effort: effort } = body;
  if (given("temperature") && temperature !== 1 && FIXED_SAMPLING.test(model)) {
    return refused(
      `Unsupported value: 'temperature' does not support ${JSON.stringify(temperature)} with this model. Only the default (1) value is supported.`,
      "temperature",
      "unsupported_value",
    );
  }
  return given("reasoning_effort") && !EFFORTS.includes(textOf(effort))
    ? wrongValue("reasoning_effort", effort, EFFORTS)
    : undefined;
}

function findBrokenTools(body: JsonObject): BrokenRule | undefined {
  const { tools = null } = body;
  if (tools === null) {
    const lonely = ["tool_choice", "parallel_tool_calls"].find(
      (name) => body[name] !== undefined && body[name] !== null,
    );
    return lonely === undefined
      ? undefined
      : refused(`Invalid value for '${lonely}': '${lonely}' is only allowed when 'tools' are specified.`, lonely);
  }
  if (!Array.isArray(tools)) return wrongType("tools", "an array of objects");
  if (tools.length === 0) return emptyList("tools");
  const names: string[] = [];
  for (const [index, tool] of tools.entries()) {
    const at = `tools[${index}]`;
    if (!isObject(tool)) return wrongType(at, "an object");
    if (tool["type"] === "custom") continue;
    if (tool["type"] !== "function") {
      return tool["type"] === undefined
        ? missing(`${at}.type`)
        : wrongValue(`${at}.type`, tool["type"], ["function", "custom"]);
    }
    const broken = isObject(tool["function"])
      ? findBrokenFunction(tool["function"], `${at}.function`)
      : missing(`${at}.function`);
    if (broken !== undefined) return broken;
    names.push(isObject(tool["function"]) ? textOf(tool["function"]["name"]) : "");
  }
  return findBrokenChoice(body["tool_choice"], names);
}

function findBrokenFunction(given: JsonObject, at: string): BrokenRule | undefined {
  const { name, parameters = null, strict } = given;
  const broken = findBrokenName(name, `${at}.name`);
  if (broken !== undefined) return broken;
  const owner = `function '${textOf(name)}'`;
  const place = `${at}.parameters`;
  if (parameters !== null && (!isObject(parameters) || parameters["type"] !== "object")) {
    const type = isObject(parameters) ? textOf(parameters["type"]) || "None" : "None";
    return refused(
      `Invalid schema for ${owner}: schema must be a JSON Schema of 'type: "object"', got 'type: "${type}"'.`,
      place,
      "invalid_function_parameters",
    );
  }
  const fault = strict === true ? findStrictFault(parameters, owner) : undefined;
  return fault === undefined ? undefined : refused(fault, place, "invalid_function_parameters");
}

function findBrokenChoice(choice: unknown, names: readonly string[]): BrokenRule | undefined {
  if (choice === undefined || choice === null) return undefined;
  if (typeof choice === "string") {
    const words = ["none", "auto", "required"];
    return words.includes(choice) ? undefined : wrongValue("tool_choice", choice, words);
  }
  if (!isObject(choice)) return wrongType("tool_choice", "one of a string or an object");
  if (choice["type"] !== "function") return undefined;
  const name = isObject(choice["function"]) ? textOf(choice["function"]["name"]) : "";
  if (name === "") return missing("tool_choice.function.name");
  return names.includes(name)
    ? undefined
    : refused(
        `Invalid value for 'tool_choice': no function named '${name.slice(0, 64)}' was specified in the 'tools' parameter.`,
        "tool_choice",
      );
}

function findBrokenFormat(format: unknown): BrokenRule | undefined {
  if (!isObject(format) || format["type"] !== "json_schema") return undefined;
  const given = format["json_schema"];
  if (!isObject(given)) return missing("response_format.json_schema");
  const broken = findBrokenName(given["name"], "response_format.json_schema.name");
  if (broken !== undefined) return broken;
  const owner = `response_format '${textOf(given["name"])}'`;
  const fault = given["strict"] === true ? findStrictFault(given["schema"], owner) : undefined;
  return fault === undefined ? undefined : refused(fault, "response_format", null);
}
