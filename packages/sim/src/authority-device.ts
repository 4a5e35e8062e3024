import { randomBytes, randomInt } from "node:crypto";
import { type AuthorityParts, challengeOf, type Consent, page } from "./authority-consent.js";
import { type AuthorityCall, type CallResult, CODEX_CLIENT_ID, codexError, NO_STORE } from "./authority-request.js";
import { makeOpaque } from "./authority-tokens.js";
import { jsonAnswer } from "./wire.js";

interface DeviceLogin {
  readonly userCode: string;
  readonly startedAtMs: number;
  polls: number;
  lastPollAtMs?: number;
  decision: "none" | "approve" | "deny";
  /** It was answered for good; a correct client asks no more. */
  over: boolean;
}

/** Letters and digits that nobody takes for one another. */
const ALPHABET = "BCDFGHJKLMNPQRSTVWXZ23456789";
/** A poll may come that much too early, because requests do not take equally long. */
const EARLY_MS = 250;

/** Logins by device code. Source: notes on the Codex client, 1.5, read 2026-11-21. */
export class DeviceLogins {
  readonly #parts: AuthorityParts & { readonly consent: Consent };
  readonly #logins = new Map<string, DeviceLogin>();

  constructor(parts: AuthorityParts & { readonly consent: Consent }) {
    this.#parts = parts;
  }

  start({ encoding, fields }: AuthorityCall): CallResult {
    const { deviceLogin, deviceIntervalS, deviceLifeMs } = this.#parts.settings();
    if (!deviceLogin) return { answer: codexError(404, "not_found", "there is nothing here"), outcome: "off" };
    if (encoding !== "json" || fields["client_id"] !== CODEX_CLIENT_ID) {
      const answer = codexError(400, "invalid_request", "the client_id is needed, as JSON");
      return { answer, outcome: "bad_request", violation: "a device login is not as it must be" };
    }
    const id = makeOpaque("deviceauth_");
    const startedAtMs = this.#parts.now();
    const userCode = makeUserCode();
    this.#logins.set(id, { userCode, startedAtMs, polls: 0, decision: "none", over: false });
    const body = {
      device_auth_id: id,
      user_code: userCode,
      interval: String(deviceIntervalS),
      // The real name of this field is not known.
      expires_at: new Date(startedAtMs + deviceLifeMs).toISOString(),
    };
    return { answer: jsonAnswer(200, body, NO_STORE), outcome: "started" };
  }

  poll({ fields }: AuthorityCall): CallResult {
    const { device_auth_id: id = "", user_code: userCode } = fields;
    const login = this.#logins.get(id);
    if (login === undefined || login.userCode !== userCode) {
      const answer = codexError(400, "invalid_request", "the device login is not known");
      return { answer, outcome: "unknown", violation: "a poll is for a device login that does not exist" };
    }
    const settings = this.#parts.settings();
    const nowMs = this.#parts.now();
    const violation = whatIsWrong(login, nowMs, settings.deviceIntervalS * 1000);
    const noted = violation === undefined ? {} : { violation };
    login.polls += 1;
    login.lastPollAtMs = nowMs;
    if (login.decision === "none" && login.polls === settings.deviceApprovedAtPoll) login.decision = "approve";
    const fatal = (code: string, message: string): CallResult => {
      login.over = true;
      return { answer: codexError(400, code, message), outcome: code, ...noted };
    };
    if (login.over) return fatal("invalid_grant", "the device login is over");
    if (login.decision === "deny") return fatal("access_denied", "the user has refused");
    if (nowMs - login.startedAtMs >= settings.deviceLifeMs) return fatal("expired_token", "the code has expired");
    if (login.decision === "none") {
      const code = violation === undefined ? "deviceauth_authorization_pending" : "slow_down";
      const answer = codexError(settings.devicePendingStatus, code, "the user has not decided yet");
      return { answer, outcome: "pending", ...noted };
    }
    login.over = true;
    const verifier = randomBytes(48).toString("base64url");
    const challenge = challengeOf(verifier);
    const code = this.#parts.consent.grant({
      challenge,
      redirectUri: `${this.#parts.url()}/deviceauth/callback`,
      offline: true,
    });
    const body = { authorization_code: code, code_verifier: verifier, code_challenge: challenge };
    return { answer: jsonAnswer(200, body, NO_STORE), outcome: "granted", ...noted };
  }

  /** @returns false when the code is unknown, too old or was decided before */
  decide(userCode: string, decision: "approve" | "deny"): boolean {
    const { deviceLifeMs } = this.#parts.settings();
    const written = userCode.trim().toUpperCase();
    const login = [...this.#logins.values()].find((login) => login.userCode === written);
    if (login === undefined || login.decision !== "none" || login.over) return false;
    if (this.#parts.now() - login.startedAtMs >= deviceLifeMs) return false;
    login.decision = decision;
    return true;
  }

  /** `/codex/device`, where the user types the code. */
  page({ method, fields }: AuthorityCall): CallResult {
    if (method === "GET") {
      const form =
        '</p><form method="post"><label>Code <input name="user_code" autofocus></label> ' +
        '<button name="decision" value="approve">approve</button> ' +
        '<button name="decision" value="deny">deny</button></form><p>';
      return { answer: page(200, form), outcome: "asked" };
    }
    const decision = fields["decision"] === "deny" ? "deny" : "approve";
    const done = this.decide(fields["user_code"] ?? "", decision);
    return done
      ? { answer: page(200, "Done. You can go back to the program."), outcome: decision }
      : { answer: page(400, "This code is not good."), outcome: "unknown" };
  }
}

function whatIsWrong(login: DeviceLogin, nowMs: number, intervalMs: number): string | undefined {
  if (login.over) return "a device login was polled after its end";
  const early = login.lastPollAtMs === undefined ? 0 : login.lastPollAtMs + intervalMs - nowMs;
  return early > Math.min(EARLY_MS, intervalMs / 5) ? `a poll came ${Math.round(early)} ms too early` : undefined;
}

function makeUserCode(): string {
  const letters = Array.from({ length: 9 }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}
