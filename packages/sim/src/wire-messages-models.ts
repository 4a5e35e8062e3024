import type { JsonObject } from "./json-check.js";
import { jsonAnswer, type RawRequest, type SideAnswer } from "./wire.js";
import { findBrokenAccess } from "./wire-messages-access.js";
import { errorAnswer } from "./wire-messages-refusal.js";

/** What differs between models, read off their names. */
export interface ModelTraits {
  /** Takes `thinking.type` `enabled` with `budget_tokens`. */
  readonly budget: boolean;
  /** Takes `thinking.type` `adaptive`. */
  readonly adaptive: boolean;
  /** Takes `thinking.type` `disabled`. */
  readonly disabled: boolean;
  /** Takes `thinking.type` `between_tools`. */
  readonly betweenTools: boolean;
  /** Levels of `output_config.effort`; none: the field itself is refused. */
  readonly efforts: readonly string[];
  /** A `temperature` other than 1, `top_p` and `top_k` are refused, thinking or not. */
  readonly fixedSampling: boolean;
  /** The conversation may end with the beginning of the answer. */
  readonly prefill: boolean;
  /** Takes `tool_choice` `any` and `tool`. */
  readonly forcedTools: boolean;
  /** Thinking comes without its text unless the request says otherwise. */
  readonly hidesThinking: boolean;
}

/**
 * Source: vendor's pages on thinking, effort and the migration to the 4.6, 5 and 5.5 models; probes of single models in
 * public reports, read 2026-11-21. That a line between two documented ones behaves like the older is a guess.
 * @returns `undefined` for a name that is none of the vendor's: nothing is known of such a model
 */
export function traitsOf(model: string): ModelTraits | undefined {
  const name = nameOf(model);
  if (name === undefined) return undefined;
  const { family, version } = name;
  const preview = family === "mythos" && version === 0;
  const newest = version >= 5.5 || (isTop(family) && version >= 5.1);
  return {
    budget: preview || (version >= 3.7 && version <= 4.6),
    adaptive: preview || version >= 4.6,
    disabled: !isTop(family) && !(version === 5.5 && family !== "haiku"),
    betweenTools: family === "sonnet" && version === 5.5,
    efforts: preview ? WITHOUT_XHIGH : effortsOf(family, version),
    fixedSampling: preview || version > 4.6,
    prefill: !preview && version < 4.6,
    forcedTools: !newest || family === "haiku",
    hidesThinking: version > 4.6,
  };
}

const TO_HIGH = ["low", "medium", "high"];
const WITHOUT_XHIGH = [...TO_HIGH, "max"];
const TO_MAX = [...TO_HIGH, "xhigh", "max"];

function effortsOf(family: string, version: number): readonly string[] {
  if (version > 4.6) return TO_MAX;
  if (version === 4.6) return WITHOUT_XHIGH;
  return version === 4.5 && family === "opus" ? TO_HIGH : [];
}

/** They always think. */
function isTop(family: string): boolean {
  return family === "fable" || family === "mythos";
}

/** `claude-opus-4-6`, `claude-haiku-4-5-20251001`, and as it was before 4: `claude-3-7-sonnet-20250219`. */
function nameOf(model: string): { readonly family: string; readonly version: number } | undefined {
  if (model === "claude-mythos-preview") return { family: "mythos", version: 0 };
  const [, family, major = "", minor = "0"] =
    /^claude-(opus|sonnet|haiku|fable|mythos)-(\d)(?:-(\d{1,2}))?(?![\d])/.exec(model) ?? [];
  if (family !== undefined) return { family, version: Number(`${major}.${minor}`) };
  const [, oldMajor = "", oldMinor = "0", old] = /^claude-(\d)(?:-(\d))?-(opus|sonnet|haiku)/.exec(model) ?? [];
  return old === undefined ? undefined : { family: old, version: Number(`${oldMajor}.${oldMinor}`) };
}

/** Ids that the vendor's pages name. */
const LISTED = [
  "claude-fable-5-2",
  "claude-opus-5-5",
  "claude-sonnet-5-5",
  "claude-haiku-5-5",
  "claude-opus-4-6",
  "claude-sonnet-4-5-20250929",
  "claude-haiku-4-5-20251001",
];

const DEFAULT_PAGE = 20;

/** `GET /v1/models`, in pages, and `GET /v1/models/{id}`. Source: `@anthropic-ai/sdk` 1.11.0, read 2026-11-21. */
export function answerModels(request: RawRequest): SideAnswer {
  const broken = findBrokenAccess(request);
  if (broken !== undefined) {
    return { ...broken.refusal, problem: `it would be refused by the service: ${broken.reason}` };
  }
  const id = /\/models\/([^/]+)$/.exec(request.path)?.[1];
  if (id !== undefined) {
    const found = LISTED.find((listed) => listed === id);
    return found === undefined ? errorAnswer(404, `model: ${id}`) : jsonAnswer(200, describe(found));
  }
  const query = new URLSearchParams(request.query);
  const after = query.get("after_id");
  const start = after === null ? 0 : LISTED.indexOf(after) + 1;
  const limit = Number(query.get("limit") ?? DEFAULT_PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    return errorAnswer(400, "limit: Input should be a valid integer from 1 to 1000");
  }
  const page = LISTED.slice(start, start + limit);
  return jsonAnswer(200, {
    data: page.map((listed) => describe(listed)),
    has_more: start + limit < LISTED.length,
    first_id: page[0] ?? null,
    last_id: page.at(-1) ?? null,
  });
}

function describe(id: string): JsonObject {
  const traits = traitsOf(id);
  const told = (supported = false): JsonObject => ({ supported });
  const efforts = traits?.efforts ?? [];
  const large = traits?.adaptive === true;
  return {
    type: "model",
    id,
    display_name: id,
    created_at: "2026-01-01T00:00:00Z",
    lifecycle: "active",
    max_input_tokens: large ? 1_000_000 : 200_000,
    max_tokens: large ? 128_000 : 64_000,
    capabilities: {
      image_input: told(true),
      pdf_input: told(true),
      structured_outputs: told(true),
      effort: {
        ...told(efforts.length > 0),
        ...Object.fromEntries(TO_MAX.map((effort) => [effort, told(efforts.includes(effort))])),
      },
      thinking: {
        ...told(true),
        types: {
          adaptive: told(traits?.adaptive),
          between_tools: told(traits?.betweenTools),
          disabled: told(traits?.disabled),
          enabled: told(traits?.budget),
        },
      },
    },
  };
}
