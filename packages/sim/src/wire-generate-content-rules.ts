import { isObject, type JsonObject, objectsOf, textOf } from "./json-check.js";
import { traitsOf } from "./wire-generate-content-models.js";
import { type BrokenRule, refused, refusedField } from "./wire-generate-content-refusal.js";

/**
 * What the service refuses of a request whose fields are good ones: contents, tools, thinking. The body is one that
 * `readFields` returned. A request that passes here is still no proof that the real service takes it.
 * Source: recorded errors and public reports of the Gemini API, our notes, section 4, read 2026-11-20.
 * @returns the first broken rule; `undefined` when the service would answer
 */
export function findBrokenRule(body: JsonObject, model: string): BrokenRule | undefined {
  return (
    findBrokenContents(body["contents"]) ??
    findBrokenTools(body["tools"]) ??
    findBrokenThinking(body["generationConfig"], model)
  );
}

export function findBrokenContents(contents: unknown): BrokenRule | undefined {
  const given = objectsOf(contents);
  if (given.length === 0) return refusedField("contents", "contents is not specified");
  for (const [index, content] of given.entries()) {
    const at = `contents[${index}]`;
    const role = content["role"] ?? "user";
    if (role !== "user" && role !== "model") return refused("Please use a valid role: user, model.");
    const parts = objectsOf(content["parts"]);
    if (parts.length === 0) return refusedField(`${at}.parts`, "contents.parts must not be empty.");
    for (const [place, part] of parts.entries()) {
      const broken = findBrokenPart(part, `${at}.parts[${place}]`);
      if (broken !== undefined) return broken;
    }
  }
  return undefined;
}

const DATA_FIELDS = [
  "text",
  "inlineData",
  "fileData",
  "functionCall",
  "functionResponse",
  "executableCode",
  "codeExecutionResult",
  "toolCall",
  "toolResponse",
];

function findBrokenPart(part: JsonObject, at: string): BrokenRule | undefined {
  const held = DATA_FIELDS.filter((name) => part[name] !== undefined);
  const other = held[1];
  if (other !== undefined) {
    return refused(`Invalid value at '${at}' (oneof), oneof field 'data' is already set. Cannot set '${other}'`);
  }
  // An empty text is a place for a signature, and nothing else.
  if (held.length === 0 || (part["text"] === "" && part["thoughtSignature"] === undefined)) {
    return refusedField(`${at}.data`, "required oneof field 'data' must have one initialized field");
  }
  for (const name of ["functionCall", "functionResponse"]) {
    const held = part[name];
    if (isObject(held) && textOf(held["name"]) === "") {
      const field = name === "functionCall" ? "function_call" : "function_response";
      return refusedField(`${at}.${field}.name`, "Name cannot be empty.");
    }
  }
  return undefined;
}

const FUNCTION_NAME = /^[A-Za-z_][\w.:-]{0,127}$/;

export function findBrokenTools(tools: unknown): BrokenRule | undefined {
  const seen = new Set<string>();
  for (const [index, tool] of objectsOf(tools).entries()) {
    for (const [place, declaration] of objectsOf(tool["functionDeclarations"]).entries()) {
      const at = `tools[${index}].function_declarations[${place}]`;
      const name = textOf(declaration["name"]);
      if (!FUNCTION_NAME.test(name)) return refusedField(`${at}.name`, BAD_NAME);
      if (seen.has(name)) return refused(`Duplicate function declaration found: ${name}`);
      seen.add(name);
      const { parameters, parametersJsonSchema } = declaration;
      if (parameters !== undefined && parametersJsonSchema !== undefined) {
        return refusedField(at, "parameters and parameters_json_schema are mutually exclusive.");
      }
      const broken = isObject(parameters) ? findBrokenSchema(parameters, `${at}.parameters`) : undefined;
      if (broken !== undefined) return broken;
    }
  }
  return undefined;
}

const BAD_NAME =
  "Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores " +
  "(_), dots (.), colons (:), or dashes (-), with a maximum length of 128.";

function findBrokenSchema(schema: JsonObject, at: string): BrokenRule | undefined {
  const { type, items, properties, required, anyOf } = schema;
  if (Array.isArray(schema["enum"]) && type !== "STRING") {
    return refusedField(`${at}.enum`, "only allowed for STRING type");
  }
  if (type === "ARRAY" && items === undefined) return refusedField(`${at}.items`, "missing field.");
  const known = isObject(properties) ? properties : {};
  const names: readonly unknown[] = Array.isArray(required) ? required : [];
  const odd = names.findIndex((name) => !Object.hasOwn(known, String(name)));
  if (odd !== -1) return refusedField(`${at}.required[${odd}]`, "property is not defined");
  const inner = [
    ...Object.entries(known).map(([name, entry]) => [`properties[${name}]`, entry] as const),
    ["items", items] as const,
    ...objectsOf(anyOf).map((entry, index) => [`any_of[${index}]`, entry] as const),
  ];
  for (const [place, entry] of inner) {
    const broken = isObject(entry) ? findBrokenSchema(entry, `${at}.${place}`) : undefined;
    if (broken !== undefined) return broken;
  }
  return undefined;
}

function findBrokenThinking(generationConfig: unknown, model: string): BrokenRule | undefined {
  const config = isObject(generationConfig) ? generationConfig["thinkingConfig"] : undefined;
  if (!isObject(config)) return undefined;
  const { thinkingBudget, thinkingLevel } = config;
  if (thinkingBudget !== undefined && thinkingLevel !== undefined) {
    return refused("You can only set only one of thinking budget and thinking level.");
  }
  const { generation, pro, budget, canStop } = traitsOf(model);
  if (thinkingLevel !== undefined) {
    if (generation > 0 && generation < 3) return refused("Thinking level is not supported for this model.");
    if (pro && thinkingLevel === "MINIMAL") {
      const retry = "Please retry with other thinking level.";
      return refused(`Thinking level MINIMAL is not supported for this model. ${retry}`);
    }
  }
  if (thinkingBudget === undefined) return undefined;
  const tokens = Number(thinkingBudget);
  if (tokens === -1) return undefined;
  if (tokens === 0)
    return canStop ? undefined : refused("Budget 0 is invalid. This model only works in thinking mode.");
  const { min, max } = budget ?? ANY_BUDGET;
  if (tokens >= min && tokens <= max) return undefined;
  return refused(`The thinking budget ${tokens} is invalid. Please choose a value between ${min} and ${max}.`);
}

/** What is asked of models whose range is not known: that they are no stranger than any. */
const ANY_BUDGET = { min: 0, max: 32_768 };
