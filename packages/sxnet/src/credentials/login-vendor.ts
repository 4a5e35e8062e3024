import { flattenClaude } from "./claude-file.js";
import type { JsonObject } from "./jwt.js";

export type VendorName = "codex" | "claude_code";

/**
 * What is needed to find, read and hand out a vendor's logins. Data only, because every run that prints a token loads
 * it; what an exchange needs besides is in `oauth-codex.ts` and `oauth-claude.ts`.
 */
export interface LoginVendor {
  readonly name: VendorName;
  /** How the names of its settings begin, up to the underscore: see `keyOf`. */
  readonly keys: "CODEX" | "CLAUDE_CODE";
  /** `Codex`; for messages. */
  readonly title: string;
  /** The official client's name. */
  readonly client: string;
  /** The command by which a person gets a new login. */
  readonly logIn: string;
  /** Our own file, in `~/.scorpiox`. */
  readonly ownFile: string;
  /** The official client's file: in the folder that the variable names, else in that folder of the home. */
  readonly official: { readonly variable: string; readonly folder: string; readonly file: string };
  /** The setting that may hold an access token itself, which nobody can refresh. */
  readonly tokenKey?: string;
  /** The command that makes such a token. */
  readonly makeToken?: string;
  /** Without a setting for it; absent: there is none. */
  readonly tokenServer?: string;
  /** A file's object with its fields named and placed as `parseCredential` wants them. */
  flatten(raw: JsonObject): JsonObject;
  /** What to do about a file that holds no login; a part of a sentence. */
  explainNoLogin(raw: JsonObject): string;
}

export const LOGIN_VENDORS: Readonly<Record<VendorName, LoginVendor>> = {
  codex: {
    name: "codex",
    keys: "CODEX",
    title: "Codex",
    client: "codex",
    logIn: "scorpiox-codex-fetchtoken login",
    ownFile: "codex-auth.json",
    official: { variable: "CODEX_HOME", folder: ".codex", file: "auth.json" },
    tokenServer: "https://token.scorpiox.net/codex",
    flatten: (raw) => raw,
    explainNoLogin: (raw) =>
      typeof raw["OPENAI_API_KEY"] === "string" && raw["OPENAI_API_KEY"] !== ""
        ? "holds an API key and no ChatGPT login; log in with codex login, or use PROVIDER=openai with OPENAI_API_KEY"
        : "has no access token; log in with the official client (codex login)",
  },
  claude_code: {
    name: "claude_code",
    keys: "CLAUDE_CODE",
    title: "Claude plan",
    client: "claude",
    logIn: "claude",
    ownFile: "claude-auth.json",
    // Source: Claude Code, "Authentication", code.claude.com/docs, as cited in promptfoo pull request 9980; read 2026-11-21.
    official: { variable: "CLAUDE_CONFIG_DIR", folder: ".claude", file: ".credentials.json" },
    tokenKey: "CLAUDE_CODE_OAUTH_TOKEN",
    makeToken: "claude setup-token",
    flatten: flattenClaude,
    explainNoLogin: () => "has no access token; log in with the official client (claude)",
  },
};

/** The vendor that the options name. */
export function vendorOf({ vendor = "codex" }: { readonly vendor?: VendorName | undefined }): LoginVendor {
  return LOGIN_VENDORS[vendor];
}

/** The name of a vendor's setting: `CODEX_SSH_HOST` for `SSH_HOST`. */
export function keyOf({ keys }: LoginVendor, name: string): string {
  return `${keys}_${name}`;
}

/** Where a login is on another machine, from the user's home there: ours, then the official client's. */
export function usualPaths({ ownFile, official }: LoginVendor): readonly string[] {
  return [`.scorpiox/${ownFile}`, `${official.folder}/${official.file}`];
}

export function isVendorName(value: unknown): value is VendorName {
  return typeof value === "string" && Object.hasOwn(LOGIN_VENDORS, value);
}
