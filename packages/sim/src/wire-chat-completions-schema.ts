import { isObject, type JsonObject, objectsOf } from "./json-check.js";

/** What a schema is for, as the service calls it: `function 'read'`, `response_format 'answer'`. */
type Owner = string;

/**
 * Why the service refuses a schema that it is to hold the model to: every object closed, every property required.
 * Source: recorded error of a strict tool; vendor's guide on structured outputs, read 2026-11-20.
 */
export function findStrictFault(schema: unknown, owner: Owner, path: readonly string[] = []): string | undefined {
  if (!isObject(schema)) return undefined;
  const context = `Invalid schema for ${owner}: In context=(${path.map((step) => `'${step}'`).join(", ")}), `;
  const { properties, required } = schema;
  if (schema["type"] === "object" || isObject(properties)) {
    if (schema["additionalProperties"] !== false) {
      return `${context}'additionalProperties' is required to be supplied and to be false.`;
    }
    const given: readonly unknown[] = Array.isArray(required) ? required : [];
    const left = Object.keys(isObject(properties) ? properties : {}).find((name) => !given.includes(name));
    if (left !== undefined) {
      return `${context}'required' is required to be supplied and to be an array including every key in properties. Missing '${left}'.`;
    }
  }
  return childrenOf(schema)
    .map(([steps, child]) => findStrictFault(child, owner, [...path, ...steps]))
    .find((fault) => fault !== undefined);
}

function childrenOf(schema: JsonObject): readonly (readonly [steps: readonly string[], child: unknown])[] {
  const named = ["properties", "$defs", "definitions"].flatMap((word) => {
    const group = schema[word];
    return isObject(group) ? Object.entries(group).map(([name, child]) => [[word, name], child] as const) : [];
  });
  const listed = ["anyOf", "allOf", "oneOf"].flatMap((word) =>
    objectsOf(schema[word]).map((child, index) => [[word, String(index)], child] as const),
  );
  return [...named, ...listed, [["items"], schema["items"]]];
}
