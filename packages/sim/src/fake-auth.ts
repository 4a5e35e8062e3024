/** A credential file in the shape of the official client; nothing in it is a secret. */
export interface CodexAuthFile {
  readonly auth_mode: "chatgpt";
  readonly OPENAI_API_KEY: null;
  readonly tokens: {
    readonly id_token: string;
    readonly access_token: string;
    readonly refresh_token: string;
    readonly account_id: string;
  };
  readonly last_refresh: string;
}

const ACCOUNT_ID = "00000000-0000-4000-8000-000000000000";

/**
 * A made-up ChatGPT sign-in that lasts until `expiresAtMs` (Unix epoch, milliseconds). Its tokens have the form of JWTs,
 * unsigned, with the claims that clients read. Source: notes on the Codex client 0.169, section 1.1, read 2026-11-20.
 */
export function fakeCodexAuth(expiresAtMs: number): CodexAuthFile {
  const exp = Math.floor(expiresAtMs / 1000);
  const claims = {
    exp,
    email: "simulator@example.invalid",
    "https://api.openai.com/auth": {
      chatgpt_account_id: ACCOUNT_ID,
      chatgpt_plan_type: "plus",
      chatgpt_user_id: "user-simulator",
    },
  };
  const token = [{ alg: "none", typ: "JWT" }, claims].map((part) => base64url(JSON.stringify(part))).join(".");
  const signed = `${token}.${base64url("scorpiox-sim")}`;
  return {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: { id_token: signed, access_token: signed, refresh_token: "simulator-refresh", account_id: ACCOUNT_ID },
    last_refresh: "2026-01-01T00:00:00Z",
  };
}

function base64url(text: string): string {
  return Buffer.from(text).toString("base64url");
}
