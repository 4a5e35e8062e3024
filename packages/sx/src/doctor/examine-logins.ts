import { findServices } from "../open-provider.js";
import { durationWords } from "../duration-words.js";
import type { ExamineOptions } from "./examine-options.js";
import type { Finding } from "./finding.js";

/** The credential of each provider that has one: where it is, how old, until when, who may read it. Never a secret. */
export async function examineLogins(options: ExamineOptions): Promise<readonly Finding[]> {
  const { configuration, io, secrets } = options;
  const settings = configuration.settings();
  const names = await findServices({ configuration, settings, io, secrets });
  const { isVendorName } = await import("@scorpiox/sxnet/credentials");
  return Promise.all(
    names.map((name) =>
      isVendorName(name) ? examineLogin(name, options) : Promise.resolve(examineKey(name, options)),
    ),
  );
}

function examineKey(name: string, { configuration }: ExamineOptions): Finding {
  const key = `${name.toUpperCase()}_API_KEY`;
  const area = `login ${name}`;
  if ((configuration.value(key) ?? "") === "")
    return { area, level: "ok", text: "no key is set, and none may be needed" };
  return { area, level: "ok", text: `${key} ${configuration.describe(key)}` };
}

async function examineLogin(vendor: "codex" | "claude_code", { configuration, io }: ExamineOptions): Promise<Finding> {
  const area = `login ${vendor}`;
  const prefix = vendor.toUpperCase();
  const settings = configuration.settings();
  const options = { vendor, settings, home: io.home, env: io.env, now: Date.now };
  const { CredentialError, readStatus, remainingMs, tokenSourceOf } = await import("@scorpiox/sxnet/credentials");
  const source = tokenSourceOf(options);
  if (source !== "local") {
    const origin = configuration.describe(`${prefix}_TOKEN_SOURCE`);
    return { area, level: "ok", text: `the token is fetched when it is needed, from the source ${source} ${origin}` };
  }
  const written = `${prefix}_OAUTH_TOKEN`;
  if ((settings[written] ?? "") !== "")
    return { area, level: "ok", text: `${written} ${configuration.describe(written)}` };
  try {
    const { place, credential, mode, refresh } = await readStatus(options, { signal: io.signal });
    const nowMs = Date.now();
    const leftMs = remainingMs(credential, nowMs);
    const isOver = leftMs !== undefined && leftMs <= 0;
    const { refreshedAtMs } = credential;
    const facts = [
      place.name,
      `mode ${mode.toString(8).padStart(3, "0")}`,
      refreshedAtMs === undefined ? "age unknown" : `${durationWords(Math.max(0, (nowMs - refreshedAtMs) / 1000))} old`,
      leftMs === undefined
        ? "without a known end"
        : isOver
          ? "over"
          : `good for ${durationWords(Math.floor(leftMs / 1000))}`,
      REFRESH_WORDS[refresh],
    ];
    const text = facts.join(", ");
    const advice = `log in again with ${vendor === "codex" ? "scorpiox-codex-fetchtoken login" : "claude"}`;
    if (isOver && refresh !== "possible" && refresh !== "waiting") return { area, level: "error", text, advice };
    if (refresh === "refused") return { area, level: "warning", text, advice };
    if ((mode & 0o077) !== 0) {
      return { area, level: "warning", text, advice: `others may read it: chmod 600 ${place.name}` };
    }
    return { area, level: "ok", text };
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    return { area, level: "error", text: error.message };
  }
}

const REFRESH_WORDS = {
  possible: "renewed when it is nearly over",
  left_alone: "renewed by the official client only",
  no_refresh_token: "cannot be renewed",
  refused: "the service will not renew it",
  waiting: "renewed later, the last try failed",
} as const;
