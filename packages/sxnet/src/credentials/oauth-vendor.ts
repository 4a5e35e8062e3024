import type { HttpRequest } from "../http.js";
import type { Settings } from "../types.js";
import type { JsonObject } from "./jwt.js";

/** What an authority gave in exchange for a refresh token. What it left out keeps its old value. */
export interface GrantedTokens {
  readonly accessToken?: string;
  readonly refreshToken?: string;
  readonly idToken?: string;
  /** How long the access token lives from now on. */
  readonly expiresInMs?: number;
}

export type TokenAnswer =
  | { readonly kind: "granted"; readonly tokens: GrantedTokens }
  /** This refresh token will never be good again. `code` is the authority's word, letters and `_` only. */
  | { readonly kind: "refused"; readonly code: string }
  /** Said no, for now or for a reason that has nothing to do with the token. The token was not used up. */
  | {
      readonly kind: "failed";
      readonly reason: "limited" | "network";
      /** A part of a sentence: `answered 503`. */
      readonly what: string;
      /** Whether the same request may work in a moment. */
      readonly again: boolean;
      readonly retryAfterMs?: number | undefined;
    }
  /** The token may have been used up or not: an answer that is no token answer, or none at all. */
  | { readonly kind: "unclear"; readonly what: string };

/** One vendor's sign-in: pure functions over its wire shapes and its credential file. */
export interface OauthVendor {
  /** The token endpoint. @throws CredentialError `configuration` */
  refreshUrl(settings: Settings): string;
  /** The name that we give ourselves, where the vendor wants one. */
  originator(settings: Settings): string;
  /** @param url the token endpoint */
  buildRefresh(url: string, refreshToken: string, raw: JsonObject, originator: string): HttpRequest;
  /** `text` is the whole body; `headers` have names in lower case. */
  readRefresh(status: number, headers: Readonly<Record<string, string>>, text: string, nowMs: number): TokenAnswer;
  /** Whether the new tokens are for another account than the ones in the file say. */
  isOtherAccount(raw: JsonObject, tokens: GrantedTokens): boolean;
  /** The file's object with the new tokens in it and everything else as it was. */
  merge(raw: JsonObject, tokens: GrantedTokens, nowMs: number): JsonObject;
}
