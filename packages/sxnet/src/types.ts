/**
 * The words of a conversation, the same for every provider. Plain JSON throughout: a message can be written to disk,
 * read back and sent again.
 */

/**
 * What a service wants back unread with a block: a signature, encrypted reasoning, a message phase. It belongs to one
 * provider and one model, and is dropped when either changes.
 */
export interface Opaque {
  readonly provider: string;
  readonly model: string;
  readonly data: unknown;
}

export interface TextBlock {
  readonly type: "text";
  readonly text: string;
  readonly opaque?: Opaque;
}

/** Reasoning that the service shows. `text` may be empty where only `opaque` has something to say. */
export interface ThinkingBlock {
  readonly type: "thinking";
  readonly text: string;
  readonly opaque?: Opaque;
}

/** A call that the model wants made. */
export interface ToolUseBlock {
  readonly type: "tool_use";
  readonly id: string;
  readonly name: string;
  /** The parsed arguments; `{}` when `inputError` is set. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Why the arguments cannot be used: cut off, or not JSON. Such a call is never run. */
  readonly inputError?: string;
  /** The arguments as they came, where they did not parse. */
  readonly rawInput?: string;
  readonly opaque?: Opaque;
}

export interface ImageBlock {
  readonly type: "image";
  /** `image/png`, `image/jpeg`, `image/gif` or `image/webp`. */
  readonly mediaType: string;
  /** Base64, without a data-URL prefix. */
  readonly data: string;
}

export interface ToolResultBlock {
  readonly type: "tool_result";
  readonly toolUseId: string;
  readonly content: readonly (TextBlock | ImageBlock)[];
  readonly isError?: boolean;
}

export type AssistantBlock = TextBlock | ThinkingBlock | ToolUseBlock;
export type UserBlock = TextBlock | ImageBlock | ToolResultBlock;
export type ContentBlock = AssistantBlock | UserBlock;

export interface UserMessage {
  readonly role: "user";
  readonly content: readonly UserBlock[];
}

export interface AssistantMessage {
  readonly role: "assistant";
  readonly content: readonly AssistantBlock[];
}

export type Message = UserMessage | AssistantMessage;

/** A JSON Schema, as data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly inputSchema: JsonSchema;
  /** The service holds the model to the schema, where it can; the schema must then be one that it takes. */
  readonly strict?: boolean;
}

/** An answer bound to a schema: its text is one JSON value that fits. */
export interface ResponseSchema {
  /** What the value is called on the wire: letters, digits, `_` and `-`, at most 64. Default `answer`. */
  readonly name?: string;
  readonly schema: JsonSchema;
}

export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };

/** How hard to think. A provider maps a level that it lacks to its nearest one. */
export type Effort = "off" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";

export interface ChatRequest {
  /** Full model id or alias (`opus`, `sonnet`, `haiku`). */
  readonly model: string;
  readonly system?: string;
  /**
   * Oldest first, user and assistant in turn. Messages are never changed once sent: providers keep what they
   * serialised of each message object, so that a long conversation costs only its new part.
   */
  readonly messages: readonly Message[];
  readonly tools?: readonly ToolDefinition[];
  /** For this one answer. In a tool loop a forced call holds for the first answer only. */
  readonly toolChoice?: ToolChoice;
  /** False: at most one call in an answer, where the service can promise it. Default: what the model does. */
  readonly parallelTools?: boolean;
  /**
   * Bound natively where the service has it, else demanded in words. An answer that ends by itself and calls nothing is
   * checked here in any case: it is `output`, or the error `schema_mismatch`.
   */
  readonly responseSchema?: ResponseSchema;
  /** Absent: what the settings say, else the model's own default. */
  readonly thinking?: { readonly effort: Effort };
  /** Upper bound of the answer in tokens, where the service takes one. */
  readonly maxOutputTokens?: number;
  /** Stable for one conversation; services use it to find their prompt cache. */
  readonly sessionId?: string;
}

export type StopReason =
  | "end_turn"
  | "tool_use"
  | "max_tokens"
  | "stop_sequence"
  | "refusal"
  | "context_full"
  /** The service wants to go on in a further request although no tool was called. */
  | "pause";

/** Counts for one answer, in model tokens. The whole prompt is `inputTokens + cacheReadTokens + cacheWriteTokens`. */
export interface Usage {
  /** Prompt tokens that no cache served or stored. */
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** Everything generated, reasoning included. */
  readonly outputTokens: number;
  /** The part of `outputTokens` that was reasoning. */
  readonly reasoningTokens: number;
}

/** One rate-limit window as the service reports it. */
export interface LimitWindow {
  /** The service's own name, for example `primary` or `secondary`. */
  readonly name: string;
  /** 0 to 100, may have decimals. */
  readonly usedPercent: number;
  readonly windowMinutes?: number;
  /** Unix epoch in milliseconds. */
  readonly resetsAtMs?: number;
}

export interface Limits {
  readonly windows: readonly LimitWindow[];
  readonly plan?: string;
  readonly credits?: { readonly unlimited: boolean; readonly balance?: string };
}

/**
 * What a turn tells while it runs. Deltas are for the eye, `block_end` is for the record. Blocks may interleave: the
 * `index` says which one is meant.
 */
export type StreamEvent =
  | { readonly type: "block_start"; readonly index: number; readonly block: AssistantBlock }
  | { readonly type: "text_delta"; readonly index: number; readonly text: string }
  | { readonly type: "thinking_delta"; readonly index: number; readonly text: string }
  | { readonly type: "tool_input_delta"; readonly index: number; readonly json: string }
  /** The finished block; it never changes again. */
  | { readonly type: "block_end"; readonly index: number; readonly block: AssistantBlock }
  /** A failed attempt will be repeated after `delayMs`; only before the first block. `attempt` counts from 1. */
  | { readonly type: "retry"; readonly attempt: number; readonly delayMs: number; readonly error: ProviderFailure }
  | { readonly type: "limits"; readonly limits: Limits }
  /** Only from the router: which provider answers, and why. */
  | { readonly type: "route"; readonly provider: string; readonly model: string; readonly reason: string }
  | {
      readonly type: "done";
      readonly stopReason: StopReason;
      /** The service's own word. */
      readonly rawStopReason: string;
      readonly usage: Usage;
      /** The counts as the service sent them; `null` when it sent none. */
      readonly rawUsage: unknown;
      /** What the service says about a refusal, on one line of bounded length. */
      readonly explanation?: string;
      /** The parsed answer, when the request had a `responseSchema` and the answer ended by itself. */
      readonly output?: unknown;
    };

/** The part of an error that travels in events, as plain data. */
export interface ProviderFailure {
  readonly code: string;
  readonly message: string;
  readonly status?: number;
}

/** A whole answer. */
export interface TurnResult {
  readonly message: AssistantMessage;
  readonly stopReason: StopReason;
  readonly rawStopReason: string;
  readonly usage: Usage;
  readonly rawUsage: unknown;
  /** What the service says about a refusal, on one line of bounded length. */
  readonly explanation?: string;
  /** The parsed answer, when the request had a `responseSchema` and the answer ended by itself. */
  readonly output?: unknown;
}

/** What `getCredential` hands to an OAuth provider. */
export interface AccessCredential {
  readonly accessToken: string;
  readonly accountId?: string;
}

/** The keys of `scorpiox-env.txt` that the provider reads; an empty value counts as unset. */
export type Settings = Readonly<Record<string, string | undefined>>;
