import type { AuthorityCounters, AuthorityRow } from "./authority-counters.js";
import type { TokenState } from "./authority-ledger.js";
import type { ClaudeCredentialFile, SignInOptions } from "./authority-login.js";
import type { AuthorityCall } from "./authority-request.js";
import type { AuthoritySettings } from "./authority-settings.js";
import type { CodexAuthFile } from "./fake-auth.js";
import type { Fault } from "./faults.js";

/** How a token authority is started, and what can be asked of it while it runs. */
export interface AuthorityOptions {
  /** Default: one that the system chooses. */
  readonly port?: number;
  readonly settings?: Partial<AuthoritySettings>;
  /** File to which one JSON line for each request is appended; it has no tokens in it. */
  readonly log?: string;
  readonly onEvent?: (event: AuthorityEvent) => void;
  /** True time in Unix milliseconds; `clockSkewMs` is added to it. */
  readonly now?: () => number;
}

export type AuthorityEvent =
  /** A request was read; nothing has been done yet. */
  | { readonly type: "received"; readonly n: number; readonly kind: AuthorityCall["kind"] }
  /** Its work is done: a token or code in it is used up. The answer has not been sent. */
  | { readonly type: "committed"; readonly n: number; readonly kind: AuthorityCall["kind"]; readonly outcome: string }
  /** Its answer has left, or the client has. */
  | { readonly type: "answered"; readonly row: AuthorityRow }
  /** A client did what a correct one never does. */
  | { readonly type: "violation"; readonly message: string }
  /** Something beside the requests went wrong, for example the log cannot be written. */
  | { readonly type: "warning"; readonly message: string };

/** A running token authority. */
export interface Authority {
  /** Origin, without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** Keys that point a client at it, ours and those of the official one. */
  readonly env: Readonly<Record<string, string>>;
  /** Requests that were answered, in the order of their ends. */
  readonly rows: readonly AuthorityRow[];
  /** One line for each thing that a correct client never does. */
  readonly violations: readonly string[];
  counters(): AuthorityCounters;
  settings(): AuthoritySettings;
  /** Holds from the next request on. */
  configure(settings: Partial<AuthoritySettings>): void;
  /** Befalls the next requests of its kind (`on`; default `refresh`), after the faults that already wait. */
  addFault(fault: Fault): void;
  clearFaults(): void;
  /** A new Codex login, as the credential file that holds it. */
  signIn(options?: SignInOptions): CodexAuthFile;
  /** A new login of a Claude plan. */
  signInClaude(options?: SignInOptions): ClaudeCredentialFile;
  /** What the user does about a code. @returns false when it is unknown, too old or was decided before */
  decideDevice(userCode: string, decision: "approve" | "deny"): boolean;
  /** Ends the login that a refresh token belongs to, or one access token. */
  revoke(secret: string): void;
  /** What an access or refresh token is worth. */
  stateOf(secret: string): TokenState;
  /** Ends every connection. May be called twice. */
  close(): Promise<void>;
}
