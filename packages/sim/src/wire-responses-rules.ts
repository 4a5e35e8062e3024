import { findCatalogueModel, isVersionAtLeast } from "./codex-catalogue.js";
import { isObject, type JsonObject } from "./json-check.js";
import { jsonAnswer, type RawRequest } from "./wire.js";
import { findBrokenItem } from "./wire-responses-items.js";
import { type BrokenRule, fromGateway, fromService, MAX_KEY_CHARS, tooLong } from "./wire-responses-refusal.js";

const LITE_HEADER = "x-openai-internal-codex-responses-lite";

/** Fields that captures of the Codex client show or its binary names; anything else is "Unsupported parameter". */
const CODEX_FIELDS = new Set([
  "model",
  "instructions",
  "input",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "reasoning",
  "store",
  "stream",
  "include",
  "prompt_cache_key",
  "text",
  "service_tier",
  "client_metadata",
  "stream_options",
  "prompt_cache_options",
  "access_programs",
]);

/**
 * What the service refuses, in words like its own. These are the rules that cost users of other programs time; a
 * request that passes here is still no proof that the real service takes it.
 * Source: captures of the Codex client and public reports, notes sections 2.2 to 2.6, read 2026-11-20.
 * @returns the first broken rule; `undefined` when the service would answer
 */
export function findBrokenRule(raw: RawRequest, body: unknown): BrokenRule | undefined {
  if (!/^Bearer +\S+$/i.test(raw.headers["authorization"] ?? "")) {
    return {
      refusal: jsonAnswer(401, { detail: "Unauthorized" }),
      reason: "no bearer credential in the authorization header",
    };
  }
  if (!isObject(body)) return fromService("We could not parse the JSON body of your request.", "invalid_json");
  const codex = raw.path.endsWith("/codex/responses");
  // The public API also answers whole; the simulator does not, and says so rather than surprise with a stream.
  if (!codex && body["stream"] !== true)
    return fromService("scorpiox-sim answers streams only: set 'stream' to true", null, "stream");
  return (codex ? findBrokenCodexRule(raw, body) : undefined) ?? findBrokenItem(body["input"]);
}

function findBrokenCodexRule(raw: RawRequest, body: JsonObject): BrokenRule | undefined {
  const unknown = Object.keys(body).find((name) => !CODEX_FIELDS.has(name));
  if (unknown !== undefined) return fromGateway(`Unsupported parameter: ${unknown.slice(0, 100)}`);
  if (body["store"] !== false) return fromGateway("Store must be set to false");
  if (body["stream"] !== true) return fromGateway("Stream must be set to true");
  const { model, prompt_cache_key: cacheKey } = body;
  if (typeof model !== "string" || model === "")
    return fromService("Missing required parameter: 'model'.", null, "model");
  if (!Array.isArray(body["input"])) return fromGateway("Input must be a list");
  if (typeof cacheKey === "string" && cacheKey.length > MAX_KEY_CHARS)
    return tooLong("prompt_cache_key", cacheKey.length);
  return (
    findBrokenGate(raw, model) ??
    (isLite(raw) ? findBrokenLite(body) : findBrokenClassic(body, model)) ??
    findBrokenTool(body)
  );
}

/** Models that ask for a client version: none told is an unknown model, one too low is an old client. */
function findBrokenGate(raw: RawRequest, model: string): BrokenRule | undefined {
  const known = findCatalogueModel(model);
  if (known === undefined) return undefined;
  const version = raw.headers["version"];
  if (version === undefined) {
    if (!known.lite) return undefined;
    const answer = jsonAnswer(404, { detail: `Model not found ${model}` });
    return { refusal: answer, reason: `${model} is found only with a "version" header` };
  }
  if (isVersionAtLeast(version, known.minimalClientVersion)) return undefined;
  return fromGateway(`The '${model}' model requires a newer version of Codex. Please upgrade and try again.`);
}

function isLite(raw: RawRequest): boolean {
  return raw.headers[LITE_HEADER] === "true";
}

function findBrokenClassic(body: JsonObject, model: string): BrokenRule | undefined {
  if (findCatalogueModel(model)?.lite === true) {
    return fromService(
      `Unsupported value: 'reasoning.context' is required with the '${model}' model.`,
      "unsupported_value",
      "reasoning.context",
    );
  }
  const { instructions, reasoning } = body;
  if (typeof instructions !== "string" || instructions === "") return fromGateway("Instructions are required");
  if (model === "gpt-5.3-codex-spark" && isObject(reasoning) && reasoning["summary"] !== undefined) {
    const message = `Unsupported parameter: 'reasoning.summary' is not supported with the '${model}' model.`;
    return fromService(message, "unsupported_parameter", "reasoning.summary");
  }
  return undefined;
}

function findBrokenLite(body: JsonObject): BrokenRule | undefined {
  for (const name of ["instructions", "tools"]) {
    if (body[name] !== undefined)
      return fromService(`Unsupported parameter: '${name}' with responses-lite.`, "unsupported_parameter", name);
  }
  if (body["parallel_tool_calls"] !== false) {
    return fromService(
      "Responses-lite requires 'parallel_tool_calls' to be false.",
      "unsupported_value",
      "parallel_tool_calls",
    );
  }
  const { reasoning } = body;
  if (!isObject(reasoning) || reasoning["context"] !== "all_turns") {
    return fromService(
      "Unsupported value: 'reasoning.context' must be 'all_turns'.",
      "unsupported_value",
      "reasoning.context",
    );
  }
  return undefined;
}

function findBrokenTool(body: JsonObject): BrokenRule | undefined {
  if (body["tools"] === undefined) return undefined;
  if (!Array.isArray(body["tools"]))
    return fromService("Invalid type for 'tools': expected an array.", "invalid_type", "tools");
  for (const [index, tool] of body["tools"].entries()) {
    const at = `tools[${index}]`;
    if (!isObject(tool)) return fromService(`Invalid type for '${at}': expected an object.`, "invalid_type", at);
    if (tool["type"] !== "function") continue;
    const { name, parameters } = tool;
    if (typeof name !== "string") return fromService(`Missing required parameter: '${at}.name'.`, null, `${at}.name`);
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
      return fromService(
        `Invalid '${at}.name': expected a string that matches '^[a-zA-Z0-9_-]+$'.`,
        "invalid_value",
        `${at}.name`,
      );
    }
    if (!isObject(parameters) || parameters["type"] !== "object") {
      const message = `Invalid schema for function '${name}': schema must be of 'type: "object"'.`;
      return fromService(message, "invalid_function_parameters", `${at}.parameters`);
    }
  }
  return undefined;
}
