import { createHash, createHmac, randomBytes } from "node:crypto";

/** Whom tokens are for. */
export interface Account {
  readonly accountId: string;
  readonly userId: string;
  readonly email: string;
  readonly plan: string;
}

/** Public on purpose: the signature only gives the tokens their proper form. */
const SIGNING_KEY = "scorpiox-sim test key, not a secret";

/**
 * An access or id token as the Codex backend issues it: a JWT with the claims that clients read.
 * Source: notes on the Codex client 0.169, section 1.2, read 2026-11-21.
 */
export function makeJwt(
  account: Account,
  claims: {
    readonly issuer: string;
    readonly audience: string;
    readonly issuedAtMs: number;
    readonly expiresAtMs: number;
  },
): string {
  const payload = {
    iss: claims.issuer,
    aud: [claims.audience],
    sub: account.userId,
    iat: Math.floor(claims.issuedAtMs / 1000),
    exp: Math.floor(claims.expiresAtMs / 1000),
    // Two tokens of the same second differ, as real ones do.
    jti: randomBytes(12).toString("base64url"),
    email: account.email,
    "https://api.openai.com/profile": { email: account.email, email_verified: true },
    "https://api.openai.com/auth": {
      chatgpt_account_id: account.accountId,
      chatgpt_plan_type: account.plan,
      chatgpt_user_id: account.userId,
      user_id: account.userId,
    },
  };
  const signed = [{ alg: "HS256", typ: "JWT", kid: "scorpiox-sim" }, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${signed}.${createHmac("sha256", SIGNING_KEY).update(signed).digest("base64url")}`;
}

/** A token without inner form: `prefix` and 256 random bits. */
export function makeOpaque(prefix: string): string {
  return `${prefix}${randomBytes(32).toString("base64url")}`;
}

/** What a log may say about a token: enough to tell two apart. */
export function tokenTag(secret: string): string {
  return createHash("sha256").update(secret).digest("hex").slice(0, 12);
}
