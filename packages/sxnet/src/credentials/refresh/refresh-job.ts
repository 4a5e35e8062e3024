import { Failure } from "@scorpiox/sxutil";
import type { NetworkOptions } from "../../http.js";
import { CredentialError, isCredentialErrorCode } from "../credential-error.js";
import { isJsonObject, type JsonObject } from "../jwt.js";
import { isVendorName, type VendorName } from "../login-vendor.js";

/**
 * What the refresher is told, as one line of JSON on its stdin. No token is in it: the refresher reads the credential
 * file itself. `network` may hold the private key of a client certificate.
 */
export interface RefreshJob {
  readonly vendor: VendorName;
  /** The credential file, absolute. */
  readonly path: string;
  /** The same for people. */
  readonly name: string;
  /** The token endpoint. */
  readonly url: string;
  readonly originator: string;
  /** Of the access token that is to be replaced: a file that holds another one has been refreshed meanwhile. */
  readonly staleSha256: string;
  readonly network?: NetworkOptions | undefined;
}

/** What came of it, as one line of JSON on the refresher's stdout; no token is in it either. */
export type RefreshOutcome =
  /** The file holds new tokens. `skewMs`: how far the server's clock is ahead of ours. */
  | { readonly kind: "refreshed"; readonly skewMs?: number | undefined; readonly warnings: readonly string[] }
  /** The file held other tokens already; nothing was sent. */
  | { readonly kind: "adopted" }
  | { readonly kind: "failed"; readonly failure: FailureRecord };

export interface FailureRecord {
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}

export function toRecord(error: Failure): FailureRecord {
  const retryAfterMs = error instanceof CredentialError ? error.retryAfterMs : undefined;
  const { code, exitCode, message } = error;
  return { code, exitCode, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

export function toFailure({ code, exitCode, message, retryAfterMs }: FailureRecord): Failure {
  if (isCredentialErrorCode(code)) return new CredentialError(code, message, { retryAfterMs });
  return new Failure(code, exitCode, message);
}

/** Undefined for anything that is no job. */
export function parseJob(text: string): RefreshJob | undefined {
  const value = parseObject(text);
  if (value === undefined || !isVendorName(value["vendor"])) return undefined;
  for (const key of ["path", "name", "url", "originator", "staleSha256"]) {
    if (typeof value[key] !== "string" || value[key] === "") return undefined;
  }
  return value as unknown as RefreshJob;
}

/** Undefined for anything that is no outcome: the refresher has died before its end. */
export function parseOutcome(text: string): RefreshOutcome | undefined {
  const value = parseObject(text);
  if (value?.["kind"] === "adopted") return { kind: "adopted" };
  if (value?.["kind"] === "refreshed" && Array.isArray(value["warnings"])) return value as unknown as RefreshOutcome;
  const failure = value?.["kind"] === "failed" ? value["failure"] : undefined;
  if (!isJsonObject(failure)) return undefined;
  const { code, exitCode, message } = failure;
  const isRecord = typeof code === "string" && typeof exitCode === "number" && typeof message === "string";
  return isRecord ? { kind: "failed", failure: failure as unknown as FailureRecord } : undefined;
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Half a line: its writer was killed.
    return undefined;
  }
}
