import {
  CredentialError,
  type LoginStatus,
  managedLoginPlace,
  readStatus,
  remainingMs,
} from "@scorpiox/sxnet/credentials";
import { ExitCode, type Io } from "@scorpiox/sxutil";
import type { StatusArgs } from "./args.js";
import { maskEmail, openSession, type Session } from "./session.js";
import { describeEnd } from "./time-words.js";

/**
 * `ok`: a token can be had; `expired`: it is over, and nobody here renews it; `refused`: it is over, and the service
 * will not renew it; `none`, `broken`: there is no login that can be read; `elsewhere`: the token is not from here.
 */
type State = "ok" | "expired" | "refused" | "none" | "broken" | "elsewhere";

/**
 * Says what login there is, from files alone: no network, no lock, and no token is shown.
 * @returns the exit code: 0 when a token can be had, 41 or 42 when not
 * @throws Failure for what the caller should print as one line; the signal's reason.
 */
export async function showStatus(args: StatusArgs, io: Io, now: () => number): Promise<number> {
  const session = openSession(io, now);
  const { options, configuration, say } = session;
  const source = args.account === undefined ? (options.settings["CODEX_TOKEN_SOURCE"] ?? "local") : "local";
  if (source !== "local") {
    const origin = configuration.describe("CODEX_TOKEN_SOURCE");
    const text = `the access token is fetched when it is needed, from the source ${source} ${origin}`;
    io.stdout.write(
      args.json ? `${JSON.stringify({ v: 1, state: "elsewhere" satisfies State, source })}\n` : `${text}\n`,
    );
    return ExitCode.ok;
  }
  let status: LoginStatus;
  try {
    const place = args.account === undefined ? undefined : await managedLoginPlace(args.account, options);
    status = await readStatus(options, { place, signal: io.signal });
  } catch (error) {
    if (!args.json || !(error instanceof CredentialError) || error.code === "configuration") throw error;
    const state: State = error.code === "login_needed" ? "none" : "broken";
    io.stdout.write(`${JSON.stringify({ v: 1, state, source, message: error.message })}\n`);
    return error.exitCode;
  }
  for (const warning of status.warnings) say(warning);
  const state = stateOf(status, now());
  io.stdout.write(args.json ? `${toJson(status, state)}\n` : toText(status, state, session, now()));
  return state === "ok" ? ExitCode.ok : ExitCode.loginNeeded;
}

function stateOf({ credential, refresh }: LoginStatus, nowMs: number): State {
  if ((remainingMs(credential, nowMs) ?? 1) > 0) return "ok";
  if (refresh === "refused") return "refused";
  return refresh === "possible" || refresh === "waiting" ? "ok" : "expired";
}

function toJson({ place, credential, mode, refresh, marker }: LoginStatus, state: State): string {
  const { accountId, plan, email, expiresAtMs, refreshedAtMs } = credential;
  return JSON.stringify({
    v: 1,
    state,
    source: "local",
    file: place.path,
    mode: mode.toString(8).padStart(3, "0"),
    account_id: accountId ?? null,
    plan: plan ?? null,
    email: email === undefined ? null : maskEmail(email),
    expires_at: timeOf(expiresAtMs),
    refreshed_at: timeOf(refreshedAtMs),
    refresh,
    refresh_error: marker === undefined ? null : marker.code,
    refresh_error_at: timeOf(marker?.atMs),
    refresh_again_at: timeOf(marker?.untilMs),
  });
}

function toText(status: LoginStatus, state: State, { configuration }: Session, nowMs: number): string {
  const { place, credential, mode } = status;
  const { accountId, plan, email, expiresAtMs, refreshedAtMs } = credential;
  const chosen = place.kind === "chosen" ? ` ${configuration.describe("CODEX_CREDENTIALS_FILE")}` : "";
  const rows = [
    ["login", state === "ok" ? "ok" : `${state}: log in again with scorpiox-codex-fetchtoken login`],
    ["account", accountId ?? "unknown"],
    ["plan", plan ?? "unknown"],
    ["e-mail", email === undefined ? "unknown" : maskEmail(email)],
    ["token", describeEnd(expiresAtMs, nowMs)],
    ["refreshed", timeOf(refreshedAtMs) ?? "unknown"],
    ["refresh", refreshWords(status)],
    ["source", "local"],
    ["file", `${place.name} (mode ${mode.toString(8).padStart(3, "0")})${chosen}`],
  ];
  return rows.map(([name = "", value = ""]) => `${name.padEnd(11)}${value}\n`).join("");
}

function refreshWords({ refresh, marker }: LoginStatus): string {
  switch (refresh) {
    case "possible":
      return "when the token is nearly over";
    case "left_alone":
      return "by the official client only (CODEX_SHARE_LOGIN is 0)";
    case "no_refresh_token":
      return "not possible: the file holds no refresh token";
    case "refused":
      return `refused for good at ${timeOf(marker?.atMs) ?? "an unknown time"} (${marker?.code ?? "unknown"})`;
    case "waiting":
      return `failed at ${timeOf(marker?.atMs) ?? "an unknown time"} (${marker?.code ?? "unknown"}); not tried again before ${timeOf(marker?.untilMs) ?? "then"}`;
  }
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined || Math.abs(ms) > 8.64e15 ? null : `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
