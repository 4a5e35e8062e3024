import { ExitCode, Failure } from "@scorpiox/sxutil";

const EXIT_CODES = {
  /** No credential, an expired or refused one, or one of another kind: only a person can help. */
  login_needed: ExitCode.loginNeeded,
  /** There is a credential, but it cannot be used: broken, or not safe to read. */
  bad_input: ExitCode.badInput,
  /** A setting is wrong; the message names it. */
  configuration: ExitCode.configuration,
  /** Whoever gives credentials out asks for patience. */
  limited: ExitCode.limited,
  /** The access token lives, but not for as long as was asked. */
  ttl_too_short: ExitCode.ttl,
  /** The network, a proxy, TLS, or the other side's manners. */
  network: ExitCode.network,
  /** An SSH host key is unknown, changed, revoked or cannot be checked. */
  host_key: ExitCode.hostKey,
} as const satisfies Record<string, number>;

export type CredentialErrorCode = keyof typeof EXIT_CODES;

/** Whether a text from outside is one of the codes. */
export function isCredentialErrorCode(text: unknown): text is CredentialErrorCode {
  return typeof text === "string" && Object.hasOwn(EXIT_CODES, text);
}

/** Why there is no usable credential, in one line for people. Never quotes what a credential file holds. */
export class CredentialError extends Failure {
  override readonly name = "CredentialError";
  declare readonly code: CredentialErrorCode;
  /** How long the answer to the same question will stay the same, in milliseconds, as far as is known. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: CredentialErrorCode,
    message: string,
    options: { cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(code, EXIT_CODES[code], message, "cause" in options ? { cause: options.cause } : undefined);
    this.retryAfterMs = options.retryAfterMs;
  }
}
