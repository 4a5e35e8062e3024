import { jsonBody, keyOf, sideRefusal, withoutKey } from "./wire-generate-content-access.js";
import { refused, refusedAnyway } from "./wire-generate-content-refusal.js";
import type { RawRequest, SideAnswer } from "./wire.js";

/** What differs between models, read off their names: a model that is not listed is treated as its family is. */
export interface ModelTraits {
  /** 2.5, 3.1 …; 3 for names that always mean the newest. */
  readonly generation: number;
  readonly pro: boolean;
  /** Smallest prompt prefix that can be stored. */
  readonly minCacheTokens: number;
  /** Allowed thinking budgets beside -1 and, where `canStop`, 0; absent where the model sets no bound that is known. */
  readonly budget?: { readonly min: number; readonly max: number };
  /** Thinking can be turned off. */
  readonly canStop: boolean;
}

/**
 * Source: the vendor's pages on thinking budgets and levels, and on caching (1,024 for Flash, 4,096 for Pro), by way of
 * our notes, section 4, read 2026-11-20.
 */
export function traitsOf(model: string): ModelTraits {
  const generation = Number(/^gemini-(\d+(?:\.\d+)?)/.exec(model)?.[1] ?? (model.endsWith("-latest") ? 3 : 0));
  const pro = /-pro\b/.test(model);
  const minCacheTokens = pro ? 4096 : 1024;
  const base = { generation, pro, minCacheTokens, canStop: !pro };
  if (generation < 2.5 || generation >= 3) return base;
  if (pro) return { ...base, budget: { min: 128, max: 32_768 } };
  return { ...base, budget: { min: model.includes("flash-lite") ? 512 : 0, max: 24_576 } };
}

/** From Gemini 3 on calls have ids, and a call without its signature is refused. */
export function isThirdGeneration(model: string): boolean {
  return traitsOf(model).generation >= 3;
}

interface Listed {
  readonly id: string;
  readonly methods: readonly string[];
  readonly thinking: boolean;
}

const GENERATE = ["generateContent", "countTokens", "createCachedContent", "batchGenerateContent"];

/** Ids that recorded traffic names, and one that cannot chat: a client has to look at the methods. */
const MODELS: readonly Listed[] = [
  ...[
    "gemini-2.5-flash",
    "gemini-2.5-pro",
    "gemini-2.5-flash-lite",
    "gemini-3-flash-preview",
    "gemini-3.1-pro-preview",
    "gemini-3.6-flash",
  ].map((id): Listed => ({ id, methods: GENERATE, thinking: true })),
  { id: "gemini-embedding-001", methods: ["embedContent", "countTextTokens", "countTokens"], thinking: false },
];

const DEFAULT_PAGE = 50;

/** `GET /v1beta/models`, in pages, and `GET /v1beta/models/{id}`. */
export function answerModels(request: RawRequest): SideAnswer {
  if (keyOf(request) === undefined) return withoutKey();
  const id = /\/models\/([^/]+)$/.exec(request.path)?.[1];
  if (id !== undefined) {
    const found = MODELS.find((model) => model.id === id);
    if (found !== undefined) return jsonBody(describe(found));
    return sideRefusal(refusedAnyway(`Model is not found: models/${id} for api version v1beta`, 404));
  }
  const query = new URLSearchParams(request.query);
  const start = Number(query.get("pageToken") ?? 0);
  const size = Number(query.get("pageSize") ?? DEFAULT_PAGE);
  if (!Number.isInteger(start) || !Number.isInteger(size) || start < 0 || size < 0) {
    return sideRefusal(refused("Request contains an invalid argument."));
  }
  const end = start + (size === 0 ? DEFAULT_PAGE : size);
  return jsonBody({
    models: MODELS.slice(start, end).map((model) => describe(model)),
    ...(end < MODELS.length ? { nextPageToken: String(end) } : {}),
  });
}

function describe({ id, methods, thinking }: Listed): unknown {
  return {
    name: `models/${id}`,
    version: /\d+(\.\d+)?/.exec(id)?.[0] ?? "001",
    displayName: id,
    description: `Made up by scorpiox-sim: ${id}`,
    inputTokenLimit: thinking ? 1_048_576 : 2048,
    outputTokenLimit: thinking ? 65_536 : 1,
    supportedGenerationMethods: methods,
    ...(thinking ? { temperature: 1, topP: 0.95, topK: 64, maxTemperature: 2, thinking } : {}),
  };
}
