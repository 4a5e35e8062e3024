import type { ModelInfo } from "./models.js";
import type { Settings } from "./types.js";

/** What decides the shape of a request in the Messages wire format, model by model. */
export interface MessagesModel extends ModelInfo {
  /** `budget`: `budget_tokens` up to the 4.5 line; `adaptive`: `output_config.effort` from 4.6 on. */
  readonly thinking: "budget" | "adaptive" | "none";
  /**
   * How thinking is turned off: by saying nothing (it is off until asked for), by `disabled`, by `between_tools`, or
   * not at all. Every other one of these is refused with 400.
   */
  readonly thinkingOff: "absent" | "disabled" | "between_tools" | "never";
  /** Takes `tool_choice` `any` and `tool`; the others answer 400. */
  readonly forcedTools: boolean;
  /** Takes `output_config.format` and `strict` tools. */
  readonly structuredOutputs: boolean;
}

/** Who is asked, and how. Address and credential are no part of it. */
export interface MessagesTarget {
  /** Whose opaque data may be sent back, with the model's id. */
  readonly provider: string;
  readonly model: MessagesModel;
  readonly settings: Settings;
  /** How long the service keeps a marked prefix; `undefined`: nothing is marked. */
  readonly cacheTtl?: CacheTtl | undefined;
  /** The server may give thoughts without a signature; one that does asks for none of them back. */
  readonly unsignedThoughts?: boolean;
  /** A block of its own before the system prompt. */
  readonly systemPrefix?: string | undefined;
}

export type CacheTtl = "5m" | "1h";
