import { anyJson, isObject, type JsonObject } from "./json-check.js";
import { type BrokenRule, refused } from "./wire-generate-content-refusal.js";

/**
 * What a field holds: a plain kind, the name of a message below, `Name[]` for a list, `Name{}` for an object with free
 * keys, `enum:A|B` for words. `any` and `struct` are not looked into.
 */
type Kind = string;

/** Source: `@google/genai` 2.32.0, REST reference of v1beta, read 2026-11-20. Fields of no use here are `any`. */
const MESSAGES: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  GenerateContentRequest: {
    model: "string",
    contents: "Content[]",
    systemInstruction: "Content",
    tools: "Tool[]",
    toolConfig: "ToolConfig",
    safetySettings: "any[]",
    generationConfig: "GenerationConfig",
    cachedContent: "string",
    continuationToken: "bytes",
    serviceTier: "string",
    store: "bool",
  },
  CountTokensRequest: { contents: "Content[]", generateContentRequest: "GenerateContentRequest" },
  CachedContent: {
    name: "string",
    model: "string",
    displayName: "string",
    contents: "Content[]",
    systemInstruction: "Content",
    tools: "Tool[]",
    toolConfig: "ToolConfig",
    ttl: "string",
    expireTime: "string",
  },
  Content: { role: "string", parts: "Part[]" },
  Part: {
    text: "string",
    thought: "bool",
    thoughtSignature: "bytes",
    inlineData: "Blob",
    fileData: "FileData",
    functionCall: "FunctionCall",
    functionResponse: "FunctionResponse",
    executableCode: "any",
    codeExecutionResult: "any",
    toolCall: "any",
    toolResponse: "any",
    videoMetadata: "any",
    mediaResolution: "any",
    partMetadata: "struct",
  },
  Blob: { mimeType: "string", data: "bytes", displayName: "string" },
  FileData: { mimeType: "string", fileUri: "string", displayName: "string" },
  FunctionCall: { id: "string", name: "string", args: "struct" },
  FunctionResponse: {
    id: "string",
    name: "string",
    response: "struct",
    parts: "FunctionResponsePart[]",
    willContinue: "bool",
    scheduling: "string",
  },
  FunctionResponsePart: { inlineData: "Blob", fileData: "FileData" },
  Tool: {
    functionDeclarations: "FunctionDeclaration[]",
    googleSearch: "any",
    googleSearchRetrieval: "any",
    codeExecution: "any",
    urlContext: "any",
    computerUse: "any",
    fileSearch: "any",
    googleMaps: "any",
    mcpServers: "any[]",
  },
  FunctionDeclaration: {
    name: "string",
    description: "string",
    behavior: "string",
    parameters: "Schema",
    parametersJsonSchema: "any",
    response: "Schema",
    responseJsonSchema: "any",
  },
  Schema: {
    type: "enum:STRING|NUMBER|INTEGER|BOOLEAN|ARRAY|OBJECT|NULL",
    format: "string",
    title: "string",
    description: "string",
    nullable: "bool",
    enum: "string[]",
    items: "Schema",
    properties: "Schema{}",
    required: "string[]",
    propertyOrdering: "string[]",
    anyOf: "Schema[]",
    default: "any",
    example: "any",
    minimum: "number",
    maximum: "number",
    minItems: "number",
    maxItems: "number",
    minLength: "number",
    maxLength: "number",
    minProperties: "number",
    maxProperties: "number",
    pattern: "string",
  },
  ToolConfig: {
    functionCallingConfig: "FunctionCallingConfig",
    retrievalConfig: "any",
    includeServerSideToolInvocations: "bool",
  },
  FunctionCallingConfig: { mode: "enum:AUTO|ANY|NONE|VALIDATED", allowedFunctionNames: "string[]" },
  GenerationConfig: {
    maxOutputTokens: "number",
    temperature: "number",
    topP: "number",
    topK: "number",
    stopSequences: "string[]",
    candidateCount: "number",
    seed: "number",
    presencePenalty: "number",
    frequencyPenalty: "number",
    responseLogprobs: "bool",
    logprobs: "number",
    responseMimeType: "string",
    responseSchema: "Schema",
    responseJsonSchema: "any",
    responseFormat: "any[]",
    responseModalities: "string[]",
    thinkingConfig: "ThinkingConfig",
    mediaResolution: "string",
    speechConfig: "any",
    imageConfig: "any",
    translationConfig: "any",
    enableEnhancedCivicAnswers: "bool",
  },
  ThinkingConfig: {
    includeThoughts: "bool",
    thinkingBudget: "number",
    thinkingLevel: "enum:MINIMAL|LOW|MEDIUM|HIGH",
  },
};

/** Levels of nesting in a body. The service's own bound counts messages, of which a level here is about half. */
const MAX_DEPTH = 200;

type RootMessage = "GenerateContentRequest" | "CountTokensRequest" | "CachedContent";

export type FieldReading =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly broken: BrokenRule };

/**
 * Reads a body by its message's fields, as the service's parser does: names in camel or snake case, words in any case,
 * one entry in place of a list of one. What comes back has camel case, upper-case words and lists throughout.
 * Source: recorded requests; error texts from public reports of tool schemas, read 2026-11-20.
 */
export function readFields(message: RootMessage, body: string): FieldReading {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    // What the parser says would quote the body; that it is no JSON says enough.
    return { ok: false, broken: refused("Invalid JSON payload received. Unexpected token.\n") };
  }
  if (!isObject(parsed)) {
    return { ok: false, broken: refused("Invalid JSON payload received. Root element must be a message.") };
  }
  try {
    anyJson(MAX_DEPTH)(parsed, "body");
  } catch {
    // The only thing that this check can find.
    return { ok: false, broken: refused("Invalid JSON payload received. Message too deep.") };
  }
  const reader = new FieldReader();
  const value = reader.readMessage(message, parsed, "");
  const { violations } = reader;
  if (violations.length === 0) return { ok: true, value };
  const details = [{ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: violations }];
  return { ok: false, broken: refused(violations.map((entry) => entry.description).join("\n"), 400, details) };
}

interface Violation {
  readonly field: string;
  readonly description: string;
}

const PLAIN_TYPES: Readonly<Record<string, string>> = {
  string: "TYPE_STRING",
  bytes: "TYPE_BYTES",
  bool: "TYPE_BOOL",
  number: "TYPE_INT32",
};
const PACKAGE = "type.googleapis.com/google.ai.generativelanguage.v1beta.";

class FieldReader {
  readonly violations: Violation[] = [];

  readMessage(message: string, given: JsonObject, path: string): JsonObject {
    const kinds = MESSAGES[message] ?? {};
    const read: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(given)) {
      const camel = toCamel(name);
      const kind = Object.hasOwn(kinds, camel) ? kinds[camel] : undefined;
      if (kind === undefined) this.#unknown(name, path, "Cannot find field.");
      else if (value !== null) read[camel] = this.#readField(kind, value, name, path);
    }
    return read;
  }

  #readField(kind: Kind, value: unknown, name: string, parent: string): unknown {
    const path = `${parent}${parent === "" ? "" : "."}${toSnake(name)}`;
    if (kind.endsWith("[]")) {
      const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
      return entries.map((entry, index) => this.#readOne(kind.slice(0, -2), entry, `${path}[${index}]`));
    }
    if (Array.isArray(value) && kind !== "any") {
      this.#unknown(name, parent, "Proto field is not repeating, cannot start list.");
      return undefined;
    }
    if (!kind.endsWith("{}")) return this.#readOne(kind, value, path);
    if (!isObject(value)) return this.#invalid(path, "Map", value);
    const entries = Object.entries(value).map(([key, entry], index) => {
      return [key, this.#readOne(kind.slice(0, -2), entry, `${path}[${index}].value`)] as const;
    });
    return Object.fromEntries(entries);
  }

  #readOne(kind: Kind, value: unknown, path: string): unknown {
    if (kind === "any") return value;
    if (kind === "struct") {
      return isObject(value) ? value : this.#invalid(path, "type.googleapis.com/google.protobuf.Struct", value);
    }
    if (kind.startsWith("enum:")) {
      const word = typeof value === "string" ? value.toUpperCase() : "";
      return kind.slice(5).split("|").includes(word) ? word : this.#invalid(path, `${PACKAGE}${enumOf(path)}`, value);
    }
    const plain = PLAIN_TYPES[kind];
    if (plain !== undefined) return isPlain(kind, value) ? value : this.#invalid(path, plain, value);
    return isObject(value) ? this.readMessage(kind, value, path) : this.#invalid(path, `${PACKAGE}${kind}`, value);
  }

  #unknown(name: string, path: string, why: string): void {
    const at = path === "" ? "" : ` at '${path}'`;
    const description = `Invalid JSON payload received. Unknown name "${name.slice(0, 100)}"${at}: ${why}`;
    this.violations.push({ field: path, description });
  }

  #invalid(path: string, type: string, value: unknown): undefined {
    const told = JSON.stringify(value).slice(0, 100);
    this.violations.push({ field: path, description: `Invalid value at '${path}' (${type}), ${told}` });
    return undefined;
  }
}

/** The service takes whole numbers as texts too, as its own 64-bit fields are. */
function isPlain(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case "number":
      return typeof value === "number" || (typeof value === "string" && /^-?\d{1,19}$/.test(value));
    case "bool":
      return typeof value === "boolean";
    case "bytes":
      return typeof value === "string" && /^[\w+/-]*={0,2}$/.test(value);
    default:
      return typeof value === "string";
  }
}

function enumOf(path: string): string {
  if (path.endsWith("thinking_level")) return "ThinkingConfig.ThinkingLevel";
  return path.endsWith("mode") ? "FunctionCallingConfig.Mode" : "Type";
}

function toCamel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_whole, letter: string) => letter.toUpperCase());
}

function toSnake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
