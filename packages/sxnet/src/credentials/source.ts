import type { NetworkOptions } from "../http.js";
import type { AccessCredential, Settings } from "../types.js";
import type { Credential } from "./credential.js";
import type { VendorName } from "./login-vendor.js";

/** Something that only the person at the terminal can answer. */
export interface Question {
  /** One line, safe to show, with a space at its end. */
  readonly text: string;
  /** Whether the answer must not be seen. */
  readonly secret: boolean;
}

/**
 * The program that exchanges a refresh token: `refresher.cjs` of a command or `@scorpiox/sxnet/refresher`, run by node.
 * It is given its task on stdin; arguments and environment hold no secret.
 */
export interface Refresher {
  /** Absolute path of node: `process.execPath`. */
  readonly command: string;
  readonly args: readonly string[];
}

/** What a source depends on; handed in, so that it runs anywhere. */
export interface SourceOptions {
  /** Whose logins. Default `codex`; for `claude_code` the keys begin with `CLAUDE_CODE_` instead of `CODEX_`. */
  readonly vendor?: VendorName | undefined;
  /** The keys of `scorpiox-env.txt`. */
  readonly settings: Settings;
  /** Absolute path of the user's home folder. */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Wall clock in Unix milliseconds. */
  readonly now: () => number;
  /** How the network is reached. Default: what `readNetworkOptions` finds in `settings` and `env`. */
  readonly network?: NetworkOptions | undefined;
  /** Absent: an access token that is over stays so. */
  readonly refresher?: Refresher | undefined;
  /**
   * Asks the person. Absent where there is no terminal: then nothing is ever asked. Answers undefined when no answer
   * was given, rejects with the signal's reason on abort.
   */
  readonly ask?: ((question: Question, signal: AbortSignal) => Promise<string | undefined>) | undefined;
}

export interface CredentialRequest {
  /** The credential that the service has just refused: a source never hands the same access token out again. */
  readonly rejected?: AccessCredential | undefined;
  /** How long the access token must live, in milliseconds. Default 0: it must not be over. */
  readonly minTtlMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SourcedCredential extends Credential {
  /** Name of the source. */
  readonly source: string;
  /** Where it was found: the path, absolute. */
  readonly path: string;
  /** One line each, for stderr; never a secret. */
  readonly warnings: readonly string[];
}

export interface CredentialSource {
  readonly name: string;
  /** @throws CredentialError, or the signal's reason on abort. */
  get(request?: CredentialRequest): Promise<SourcedCredential>;
}
