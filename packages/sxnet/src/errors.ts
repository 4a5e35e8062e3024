import type { AssistantMessage, Usage } from "./types.js";
import { momentOf } from "./unknown-value.js";

/** Every error code of the library, and whether the same request may work a little later. */
const RETRYABLE = {
  /** No credential was handed in. */
  auth_missing: false,
  /** The service refused the credential, also after it was asked for once more. */
  auth_rejected: false,
  /** Signed in, but not allowed: plan, region, workspace, edge block. */
  forbidden: false,
  /** The plan's window is used up; `resetsAtMs` says until when. */
  usage_limit: false,
  /** No credit left, or the plan does not include the service. */
  quota_exhausted: false,
  /** The model is unknown, retired, or not for this account. */
  model_unavailable: false,
  context_too_long: false,
  request_too_large: false,
  /** The service's rules refuse the content. */
  content_refused: false,
  invalid_request: false,
  /** A setting is unusable; the message names it. */
  configuration: false,
  /** Bytes that are not the wire format. */
  protocol: false,
  rate_limited: true,
  overloaded: true,
  server_error: true,
  network: true,
  /** No byte for the whole idle limit. */
  timeout: true,
  /** The answer stopped before its end. */
  stream_incomplete: true,
  /** The answer is whole, but not what `responseSchema` asked for. */
  schema_mismatch: true,
} as const satisfies Record<string, boolean>;

export type ProviderErrorCode = keyof typeof RETRYABLE;

export interface ProviderErrorDetail {
  readonly provider?: string | undefined;
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  /** Overrides what the code says. */
  readonly retryable?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly resetsAtMs?: number | undefined;
  /** The setting at fault, for `configuration`. */
  readonly key?: string | undefined;
  readonly problem?: string | undefined;
  readonly usage?: Usage | undefined;
  readonly cause?: unknown;
}

const BRAND = Symbol.for("@scorpiox/sxnet/ProviderError");

/**
 * The one error of the library. Code decides by `code`; `message` is one plain line for people, without secrets and
 * without the request.
 */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly code: ProviderErrorCode;
  /** Whose answer failed. Set by the loop that runs the provider, where the layer that threw does not know it. */
  provider: string | undefined;
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly retryable: boolean;
  /** How long the service asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** When a used-up window opens again: Unix epoch in milliseconds, within what a `Date` can hold. */
  readonly resetsAtMs: number | undefined;
  readonly key: string | undefined;
  /** For `schema_mismatch`: what is wrong with the answer and where, in words for the model. */
  readonly problem: string | undefined;
  /** For `schema_mismatch`: what the answer cost. */
  readonly usage: Usage | undefined;
  /** What had arrived when the stream broke; finished and unfinished text, never an unfinished tool call. */
  partial: AssistantMessage | undefined;

  constructor(code: ProviderErrorCode, message: string, detail: ProviderErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.provider = detail.provider;
    this.status = detail.status;
    this.requestId = detail.requestId;
    this.retryable = detail.retryable ?? RETRYABLE[code];
    this.retryAfterMs = detail.retryAfterMs;
    this.resetsAtMs = momentOf(detail.resetsAtMs);
    this.key = detail.key;
    this.problem = detail.problem;
    this.usage = detail.usage;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** True for a ProviderError of any copy of this library in the process. */
  static is(error: unknown): error is ProviderError {
    return typeof error === "object" && error !== null && BRAND in error;
  }
}
