import { CredentialError, remainingMs, type SourcedCredential } from "@scorpiox/sxnet/credentials";

/** How other programs want a token; each is one line, but for git's. */
export const FORMATS = ["json", "token", "header", "env", "credential-process", "git-credential"] as const;
export type Format = (typeof FORMATS)[number];

/** What may be printed: one word of ASCII. Whoever reads our output splits it at blanks, lines or quotes. */
const WORD = /^[A-Za-z0-9\-._~+/=:@]+$/u;

/**
 * A credential as the text that another program expects, without the last line end.
 * @throws CredentialError `bad_input` when a value of it could break out of that text, whatever source it came from.
 */
export function formatCredential(credential: SourcedCredential, format: Format, nowMs: number): string {
  checkWord(credential.accessToken, "an access token", credential);
  if (credential.accountId !== undefined) checkWord(credential.accountId, "an account id", credential);
  const { accessToken, accountId, expiresAtMs } = credential;
  switch (format) {
    case "token":
      return accessToken;
    case "json":
      return JSON.stringify({
        access_token: accessToken,
        token_type: "Bearer",
        expires_at: expiresAtMs === undefined ? null : toRfc3339(expiresAtMs),
        expires_in: expiresAtMs === undefined ? null : Math.floor((remainingMs(credential, nowMs) ?? 0) / 1000),
        account_id: accountId ?? null,
        source: credential.source,
      });
    case "header":
      return `Authorization: Bearer ${accessToken}`;
    case "env":
      return `CODEX_ACCESS_TOKEN=${accessToken}`;
    case "credential-process":
      return JSON.stringify({
        Version: 1,
        AccessToken: accessToken,
        AccountId: accountId,
        Expiration: expiresAtMs === undefined ? undefined : toRfc3339(expiresAtMs),
      });
    case "git-credential":
      return formatGitCredential(credential, { username: undefined, understandsBearer: false });
  }
}

/** What git said about the credential that it wants. */
export interface GitWish {
  readonly username: string | undefined;
  /** It announced the capability `authtype`. */
  readonly understandsBearer: boolean;
}

/**
 * The lines of a git credential helper. A server that takes the token as a password does not look at the user name.
 * Source: gitcredentials(7) and git-credential(1), "INPUT/OUTPUT FORMAT", read 2026-11-20.
 */
export function formatGitCredential(credential: SourcedCredential, wish: GitWish): string {
  const { accessToken, expiresAtMs } = credential;
  checkWord(accessToken, "an access token", credential);
  const username = wish.username !== undefined && WORD.test(wish.username) ? wish.username : "oauth2";
  const lines = wish.understandsBearer
    ? ["capability[]=authtype", "authtype=Bearer", `credential=${accessToken}`, "ephemeral=1"]
    : [`username=${username}`, `password=${accessToken}`];
  if (expiresAtMs !== undefined) lines.push(`password_expiry_utc=${Math.floor(expiresAtMs / 1000)}`);
  return lines.join("\n");
}

function checkWord(text: string, what: string, { source }: SourcedCredential): void {
  if (WORD.test(text)) return;
  throw new CredentialError(
    "bad_input",
    `the ${source} source gave ${what} with characters that none has; log in again`,
  );
}

/** Whole seconds, rounded down: a token is never said to live longer than it does. */
function toRfc3339(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace(".000Z", "Z");
}
