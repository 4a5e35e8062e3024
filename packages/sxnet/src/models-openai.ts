import { ProviderError } from "./errors.js";
import { EFFORTS, type ModelInfo, type ModelPrice, type ModelTable, resolveModel } from "./models.js";
import type { ListedModel } from "./provider.js";
import type { Effort } from "./types.js";
import { type Fields, fieldsOf, listOf, numberOf, textOf } from "./unknown-value.js";

/** A model of this service: what decides the shape of its request. */
export interface OpenAiModel extends ModelInfo {
  /**
   * The wire format while nobody chose one. Reasoning models since gpt-5.2 take tools over Chat Completions only without
   * reasoning: "Function tools with reasoning_effort are not supported … use /v1/responses or set reasoning_effort to
   * 'none'". Source: that answer in public reports from 2026-03-11 to 2026-09-03, read 2026-11-20.
   */
  readonly api: "chat" | "responses";
  /** Takes `parallel_tool_calls`; the o line answers 400 `unsupported_parameter`. Source: public reports, read 2026-11-20. */
  readonly parallelTools: boolean;
}

const TO_HIGH: readonly Effort[] = ["low", "medium", "high"];
const MINIMAL_TO_HIGH: readonly Effort[] = ["minimal", "low", "medium", "high"];
const OFF_TO_XHIGH: readonly Effort[] = ["off", "low", "medium", "high", "xhigh"];
const OFF_TO_MAX: readonly Effort[] = ["off", "low", "medium", "high", "xhigh", "max"];
const LOW_TO_MAX: readonly Effort[] = ["low", "medium", "high", "xhigh", "max"];

const current = (id: string, note: string, rest: Partial<OpenAiModel> = {}): OpenAiModel => ({
  id,
  note,
  contextTokens: 1_050_000,
  maxOutputTokens: 128_000,
  efforts: OFF_TO_XHIGH,
  images: true,
  api: "responses",
  parallelTools: true,
  ...rest,
});

const gpt5 = (id: string, note: string, rest: Partial<OpenAiModel> = {}): OpenAiModel =>
  current(id, note, { contextTokens: 400_000, efforts: MINIMAL_TO_HIGH, api: "chat", ...rest });

const oLine = (id: string, note: string, rest: Partial<OpenAiModel> = {}): OpenAiModel =>
  current(id, note, {
    contextTokens: 200_000,
    maxOutputTokens: 100_000,
    efforts: TO_HIGH,
    api: "chat",
    parallelTools: false,
    ...rest,
  });

const plain = (id: string, note: string, rest: Partial<OpenAiModel> = {}): OpenAiModel =>
  current(id, note, { contextTokens: 128_000, maxOutputTokens: 16_384, efforts: [], api: "chat", ...rest });

/** For prompts of at most 272,000 tokens; longer ones cost more. */
const price = (
  input: number,
  cachedInput: number,
  output: number,
  asOf: string,
  cacheWrite?: number,
): Pick<ModelInfo, "price"> => {
  const made: ModelPrice = { input, cachedInput, output, asOf };
  return { price: cacheWrite === undefined ? made : { ...made, cacheWrite } };
};

/**
 * The models of api.openai.com, newest first. Prices are absent where not every part of them was found.
 * Source: model pages and price page of the OpenAI API as public sources quote them on the days given, and the ids of
 * the official library 6.49.0, read 2026-11-20.
 */
export const OPENAI_MODELS: ModelTable<OpenAiModel> = {
  provider: "openai",
  aliases: { opus: "gpt-6-sol", sonnet: "gpt-5.6-terra", haiku: "gpt-6-luna" },
  passes: /^(gpt-|o\d|chatgpt-|codex-|ft:)[\w.:-]*$/,
  unlisted: current("", "not in the table", { efforts: TO_HIGH }),
  models: [
    current("gpt-6-sol", "deep work", { efforts: LOW_TO_MAX }),
    current("gpt-6-luna", "fast and cheap", { efforts: LOW_TO_MAX }),
    current("gpt-6-astra", "flagship; not open to everyone", {
      efforts: LOW_TO_MAX,
      ...price(10, 1, 50, "2026-09-04", 12.5),
    }),
    current("gpt-5.6-sol", "the line before gpt-6", {
      efforts: OFF_TO_MAX,
      ...price(4, 0.4, 20, "2026-08-31", 5),
    }),
    current("gpt-5.6-terra", "steady day-to-day work", {
      efforts: OFF_TO_MAX,
      ...price(2, 0.2, 12, "2026-08-31", 2.5),
    }),
    current("gpt-5.6-luna", "fast, the line before gpt-6", {
      efforts: OFF_TO_MAX,
      ...price(0.2, 0.02, 1.2, "2026-08-31", 0.25),
    }),
    current("gpt-5.5", "the line before gpt-5.6", price(5, 0.5, 30, "2026-06-04")),
    current("gpt-5.4", "the line before gpt-5.5", price(2.5, 0.25, 15, "2026-06-04")),
    current("gpt-5.4-mini", "low latency and cost", {
      contextTokens: 400_000,
      ...price(0.75, 0.075, 4.5, "2026-06-04"),
    }),
    current("gpt-5.4-nano", "lowest cost", { contextTokens: 400_000, ...price(0.2, 0.02, 1.25, "2026-06-04") }),
    gpt5("gpt-5.2", "older", { efforts: OFF_TO_XHIGH, api: "responses" }),
    gpt5("gpt-5.1", "older", { efforts: ["off", "low", "medium", "high"] }),
    gpt5("gpt-5", "older"),
    gpt5("gpt-5-mini", "older, low cost", price(0.25, 0.025, 2, "2026-09-04")),
    gpt5("gpt-5-nano", "older, lowest cost"),
    plain("gpt-4.1", "no reasoning, long context", { contextTokens: 1_047_576, maxOutputTokens: 32_768 }),
    plain("gpt-4.1-mini", "no reasoning, low cost", { contextTokens: 1_047_576, maxOutputTokens: 32_768 }),
    plain("gpt-4o", "no reasoning, older"),
    plain("gpt-4o-mini", "no reasoning, older, low cost"),
    oLine("o3", "older reasoning line"),
    oLine("o4-mini", "older reasoning line, low cost"),
    oLine("o3-mini", "older reasoning line, text only", { images: false }),
  ],
};

/** What is assumed of a model of any other server: it may reason and see, and is told so only when asked for. */
const ANY_SERVER: ModelTable<OpenAiModel> = {
  provider: "openai",
  aliases: {},
  passes: /^\S(.*\S)?$/,
  unlisted: current("", "of another server", {
    contextTokens: 128_000,
    maxOutputTokens: 128_000,
    efforts: EFFORTS,
    api: "chat",
  }),
  models: [],
};

/** A listed model, one of its dated versions, or one of the families that have no row. */
export function resolveOpenAiModel(word: string): OpenAiModel {
  const model = resolveModel(OPENAI_MODELS, word);
  const { id } = model;
  const undated = OPENAI_MODELS.models.find((listed) => listed.id === id.replace(/-\d{4}-\d\d-\d\d$/, ""));
  if (undated !== undefined) return { ...undated, id };
  if (/^(ft:)?(gpt-[34]|chatgpt)/.test(id)) return plain(id, "not in the table");
  return /^(ft:)?o\d/.test(id) ? oLine(id, "not in the table") : model;
}

/**
 * A model of a server whose models only it knows: any id. The aliases mean nothing there.
 * @throws ProviderError `model_unavailable`
 */
export function resolveServerModel(word: string, host: string): OpenAiModel {
  if (word.trim() !== "" && !Object.hasOwn(OPENAI_MODELS.aliases, word)) return resolveModel(ANY_SERVER, word.trim());
  const what = word.trim() === "" ? "is empty" : `is ${JSON.stringify(word)}, which is no model there`;
  throw new ProviderError("model_unavailable", `MODEL ${what}: set it to a model that ${host} serves`, {
    provider: OPENAI_MODELS.provider,
    key: "MODEL",
  });
}

/** What the service's own list holds beside models to talk to. */
const NO_CHAT =
  /embed|whisper|tts|dall-e|image|moderation|audio|realtime|transcribe|sora|babbage|davinci|instruct|live|translate/;

/**
 * `GET /v1/models` of this service and of the many that copy it, each with its own further fields.
 * Source: references of OpenAI, OpenRouter, Groq, Mistral, Together, vLLM, llama.cpp and LM Studio, read 2026-11-20.
 */
export function readOpenAiModels(body: unknown): readonly ListedModel[] {
  const { data, models } = fieldsOf(body);
  const list = [body, data, models].find((value) => Array.isArray(value));
  if (list === undefined) {
    throw new ProviderError("protocol", "the list of models is not a list; check OPENAI_BASE_URL", {
      provider: OPENAI_MODELS.provider,
      key: "OPENAI_BASE_URL",
    });
  }
  return listOf(list).flatMap((entry) => {
    const fields = fieldsOf(entry);
    const id = textOf(fields["id"]) ?? textOf(fields["name"]) ?? textOf(entry);
    if (!id || (/^(openai|system)/.test(textOf(fields["owned_by"]) ?? "") && NO_CHAT.test(id))) return [];
    const known = OPENAI_MODELS.models.find((model) => model.id === id);
    return [{ ...known, ...toldOf(fields), id }];
  });
}

function toldOf(fields: Fields): Partial<ModelInfo> {
  const { meta, top_provider: top, architecture, capabilities } = fields;
  const contextTokens = firstNumber(
    fields["context_length"],
    fields["context_window"],
    fields["max_model_len"],
    fields["max_context_length"],
    fieldsOf(meta)["n_ctx"],
    fieldsOf(meta)["n_ctx_train"],
  );
  const maxOutputTokens = firstNumber(fieldsOf(top)["max_completion_tokens"], fields["max_completion_tokens"]);
  const inputs = fieldsOf(architecture)["input_modalities"];
  const vision = fieldsOf(capabilities)["vision"];
  const images = Array.isArray(inputs) ? inputs.includes("image") : typeof vision === "boolean" ? vision : undefined;
  const note = textOf(fields["description"])?.split("\n")[0]?.slice(0, 200);
  return {
    ...(note ? { note } : {}),
    ...(contextTokens === undefined ? {} : { contextTokens }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(images === undefined ? {} : { images }),
  };
}

function firstNumber(...values: readonly unknown[]): number | undefined {
  return values.map(numberOf).find((value) => value !== undefined && value > 0);
}
