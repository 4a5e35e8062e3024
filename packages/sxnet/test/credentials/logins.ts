/** A JWT with these claims; its signature is none. */
export function jwt(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part(claims)}.c2lnbmF0dXJl`;
}

/** The file of the Claude client, with things in it that no program of today knows. */
export function claudeLogin(parts: {
  readonly accessToken?: string;
  readonly refreshToken?: string;
  readonly expiresAtMs?: number;
}) {
  const { accessToken = "sk-ant-oat01-old", refreshToken = "sk-ant-ort01-secret-1", expiresAtMs = 2e12 } = parts;
  return {
    claudeAiOauth: {
      accessToken,
      refreshToken,
      expiresAt: expiresAtMs,
      scopes: ["user:inference", "user:profile"],
      subscriptionType: "max",
      futureField: [1],
    },
    mcpOAuth: { "a|b": { accessToken: "of another server" } },
  };
}

/** The official client's file, as its login writes it. */
export function officialLogin(parts: {
  readonly accessToken?: string;
  readonly exp?: number;
  readonly accountId?: string | null;
}): Record<string, unknown> {
  const auth = { chatgpt_account_id: "acc-claim", chatgpt_plan_type: "plus" };
  return {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: {
      id_token: jwt({ email: "me@example.org", "https://api.openai.com/auth": auth }),
      access_token: parts.accessToken ?? jwt({ exp: parts.exp ?? 2_000_000_000, "https://api.openai.com/auth": auth }),
      refresh_token: "rt-secret-1",
      account_id: parts.accountId === undefined ? "acc-file" : parts.accountId,
      login_owner_id: "future field",
    },
    last_refresh: "2026-11-20T10:00:00.123456789Z",
  };
}
