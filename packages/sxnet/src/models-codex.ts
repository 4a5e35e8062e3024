import type { ModelInfo, ModelTable } from "./models.js";
import type { Effort } from "./types.js";

/** A Codex model: what decides the shape of its request. */
export interface CodexModel extends ModelInfo {
  /** Tools and instructions travel inside `input`; catalogue field `use_responses_lite`. */
  readonly lite: boolean;
  readonly parallelTools: boolean;
  /** Takes `text.verbosity`. */
  readonly verbosity: boolean;
  /** Takes `reasoning.summary`. */
  readonly summary: boolean;
}

const TO_HIGH: readonly Effort[] = ["low", "medium", "high"];
const TO_XHIGH: readonly Effort[] = ["low", "medium", "high", "xhigh"];
const TO_MAX: readonly Effort[] = ["low", "medium", "high", "xhigh", "max"];

const classic = (id: string, note: string, rest: Partial<CodexModel> = {}): CodexModel => ({
  id,
  note,
  contextTokens: 272_000,
  efforts: TO_XHIGH,
  images: true,
  lite: false,
  parallelTools: true,
  verbosity: true,
  summary: true,
  ...rest,
});

const lite = (id: string, note: string, rest: Partial<CodexModel> = {}): CodexModel => ({
  ...classic(id, note),
  efforts: TO_MAX,
  lite: true,
  parallelTools: false,
  ...rest,
});

/**
 * The Codex models, newest first. The service's own list (`GET /codex/models`) outranks this one when it was read.
 * Source: the catalogues bundled in the Codex client 0.104, 0.120 and 0.169, and reports of retirements, read 2026-11-20.
 */
export const CODEX_MODELS: ModelTable<CodexModel> = {
  provider: "codex",
  aliases: { opus: "gpt-6-sol", sonnet: "gpt-5.5", haiku: "gpt-6-luna" },
  passes: /^gpt-[\w.-]+$|^[\w.-]*codex[\w.-]*$/,
  unlisted: classic("", "not in the table", { verbosity: false }),
  models: [
    lite("gpt-6.1-sol", "newest flagship"),
    lite("gpt-6.1-terra", "newest, long context", { contextTokens: 500_000 }),
    lite("gpt-6-astra", "flagship"),
    lite("gpt-6-sol", "deep work across many files"),
    lite("gpt-6-luna", "fast and cheap"),
    lite("gpt-5.6-sol", "the line before gpt-6"),
    lite("gpt-5.6-terra", "the line before gpt-6"),
    lite("gpt-5.6-luna", "fast, the line before gpt-6"),
    classic("gpt-5.5", "steady day-to-day work"),
    classic("gpt-5.4", "the line before gpt-5.5", { retired: "2026-08-31" }),
    classic("gpt-5.3-codex", "flagship: deepest reasoning, refactoring across many files", { retired: "2026-06-02" }),
    classic("gpt-5.3-codex-spark", "speed: quick edits, interactive work; some plans only", {
      contextTokens: 128_000,
      images: false,
      summary: false,
    }),
    classic("gpt-5.2-codex", "the flagship before", { verbosity: false, retired: "2026-05-31" }),
    classic("gpt-5.2", "general: documentation, analysis, reasoning", { retired: "2026-06-02" }),
    classic("gpt-5.1-codex", "steady day-to-day work", {
      efforts: TO_HIGH,
      verbosity: false,
      parallelTools: false,
      retired: "2026-05-31",
    }),
    classic("gpt-5.1-codex-mini", "low latency and cost: formatting, renaming, boilerplate", {
      efforts: ["medium", "high"],
      verbosity: false,
      parallelTools: false,
      retired: "2026-05-31",
    }),
    classic("gpt-5.1-codex-max", "largest thinking budget", {
      verbosity: false,
      parallelTools: false,
      retired: "2026-05-31",
    }),
  ],
};
