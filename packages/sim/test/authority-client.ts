import type { Authority, ClaudeCredentialFile, CodexAuthFile } from "../src/index.js";
import { CLAUDE_CLIENT_ID, CODEX_CLIENT_ID } from "../src/authority-request.js";
import { type Got, send } from "./client.js";

/** A request to an authority. An object goes as JSON, a URLSearchParams as a form. */
export async function ask(
  place: Pick<Authority, "url">,
  path: string,
  body: Readonly<Record<string, unknown>> | URLSearchParams,
): Promise<Got> {
  const form = body instanceof URLSearchParams;
  return send(`${place.url}${path}`, {
    method: "POST",
    headers: { "content-type": form ? "application/x-www-form-urlencoded" : "application/json" },
    body: form ? body.toString() : JSON.stringify(body),
  });
}

export function refreshFields(refreshToken: string): Record<string, string> {
  return { client_id: CODEX_CLIENT_ID, grant_type: "refresh_token", refresh_token: refreshToken };
}

export async function refresh(place: Pick<Authority, "url">, refreshToken: string): Promise<Got> {
  return ask(place, "/oauth/token", refreshFields(refreshToken));
}

export async function refreshClaude(place: Pick<Authority, "url">, file: ClaudeCredentialFile): Promise<Got> {
  const { refreshToken } = file.claudeAiOauth;
  return ask(place, "/v1/oauth/token", { ...refreshFields(refreshToken), client_id: CLAUDE_CLIENT_ID });
}

export async function control(
  place: Pick<Authority, "url">,
  command: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const { status, body } = await ask(place, "/__control", command);
  if (status !== 200) throw new Error(`${status} ${body}`);
  return JSON.parse(body);
}

/** The fields of a JSON answer. */
export function fieldsOf(got: Pick<Got, "body">): Readonly<Record<string, unknown>> {
  return JSON.parse(got.body) as Record<string, unknown>;
}

/** The code of an error in the authority's own form. */
export function errorCode(got: Pick<Got, "body">): unknown {
  const { error } = fieldsOf(got) as { error?: { code?: unknown } | string };
  return typeof error === "string" ? error : error?.code;
}

export function claimsOf(jwt: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString("utf8")) as Record<string, unknown>;
}

export function newPair(got: Pick<Got, "body">): CodexAuthFile["tokens"] {
  return fieldsOf(got) as unknown as CodexAuthFile["tokens"];
}
