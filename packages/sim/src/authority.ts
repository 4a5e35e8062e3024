import type { IncomingMessage, ServerResponse } from "node:http";
import { pause } from "@scorpiox/sxutil";
import type { Authority, AuthorityEvent, AuthorityOptions } from "./authority-interface.js";
import { Consent } from "./authority-consent.js";
import { authorityCommands } from "./authority-control.js";
import { type AuthorityCounters, type AuthorityRow, Tally } from "./authority-counters.js";
import { DeviceLogins } from "./authority-device.js";
import { type ExchangeTwist, Ledger } from "./authority-ledger.js";
import { claudeFile, codexFile, makeAccount } from "./authority-login.js";
import { refreshClaude, refreshCodex } from "./authority-refresh.js";
import {
  type AuthorityCall,
  type CallResult,
  CLAUDE_CLIENT_ID,
  CODEX_CLIENT_ID,
  codexError,
  readCall,
  REQUEST_KINDS,
} from "./authority-request.js";
import { type AuthoritySettings, defaultSettings, parseSettings } from "./authority-settings.js";
import { tokenTag } from "./authority-tokens.js";
import { answerControl, CONTROL_PATH, type ControlCommand } from "./control.js";
import { deliver } from "./deliver.js";
import { doesWork, type Fault, FaultQueue, faultyAnswer, parseFault } from "./faults.js";
import type { JsonlFile } from "./jsonl-file.js";
import { type LoopbackServer, readBody, readHeaders, startLoopbackServer } from "./loopback-server.js";
import { type Answer, plainAnswer } from "./player.js";
import type { RawRequest } from "./wire.js";

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Starts a token authority on 127.0.0.1 that speaks like the one of Codex (and, at `/v1/oauth/token`, like the one of
 * Claude plans), with single-use refresh tokens: one that is used twice ends its login.
 * @throws CheckError for settings that cannot be; the system's error when the port is taken or the log cannot be opened
 */
export async function startAuthority(options: AuthorityOptions = {}): Promise<Authority> {
  const onEvent = options.onEvent ?? (() => undefined);
  const log = await openLog(options.log, (message) => onEvent({ type: "warning", message }));
  try {
    const core = new AuthorityCore(options, onEvent, log);
    const server = await startLoopbackServer({
      port: options.port ?? 0,
      handle: (request, response, closing) => core.handle(request, response, closing),
    });
    return core.open(server, log);
  } catch (error) {
    await log?.close();
    throw error;
  }
}

async function openLog(path: string | undefined, warn: (message: string) => void): Promise<JsonlFile | undefined> {
  if (path === undefined) return undefined;
  const { openJsonl } = await import("./jsonl-file.js");
  return openJsonl(path, "a", (error) => warn(`the log ${path} cannot be written: ${error.message}`));
}

class AuthorityCore {
  readonly #onEvent: (event: AuthorityEvent) => void;
  readonly #log: JsonlFile | undefined;
  readonly #trueTime: () => number;
  readonly #tally = new Tally();
  readonly #faults = new FaultQueue("refresh");
  readonly #rows: AuthorityRow[] = [];
  readonly #violations: string[] = [];
  readonly #ledger: Ledger;
  readonly #consent: Consent;
  readonly #devices: DeviceLogins;
  #settings: AuthoritySettings;
  #url = "";
  #count = 0;
  #commands: Readonly<Record<string, ControlCommand>> = {};

  constructor(options: AuthorityOptions, onEvent: (event: AuthorityEvent) => void, log: JsonlFile | undefined) {
    this.#onEvent = onEvent;
    this.#log = log;
    this.#trueTime = options.now ?? Date.now;
    this.#settings = { ...defaultSettings(), ...parseSettings(options.settings ?? {}) };
    const now = (): number => this.#trueTime() + this.#settings.clockSkewMs;
    this.#ledger = new Ledger({
      issuer: () => this.#url,
      now,
      accessTokenLifeMs: () => this.#settings.accessTokenLifeMs,
      refreshTokenLifeMs: () => this.#settings.refreshTokenLifeMs,
      graceMs: () => this.#settings.graceMs,
    });
    const parts = { now, settings: () => this.#settings, url: () => this.#url, ledger: this.#ledger };
    this.#consent = new Consent(parts);
    this.#devices = new DeviceLogins({ ...parts, consent: this.#consent });
  }

  open(server: LoopbackServer, log: JsonlFile | undefined): Authority {
    const url = `http://127.0.0.1:${server.port}`;
    this.#url = url;
    let closed: Promise<void> | undefined;
    const authority: Authority = {
      url,
      port: server.port,
      env: {
        CODEX_OAUTH_URL: url,
        CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${url}/oauth/token`,
        CODEX_REVOKE_TOKEN_URL_OVERRIDE: `${url}/oauth/revoke`,
      },
      rows: this.#rows,
      violations: this.#violations,
      counters: () => this.#counters(),
      settings: () => this.#settings,
      configure: (settings) => {
        this.#settings = { ...this.#settings, ...parseSettings(settings) };
      },
      addFault: (fault) => this.#faults.add(parseFault(fault, REQUEST_KINDS)),
      clearFaults: () => this.#faults.clear(),
      signIn: (options = {}) => {
        this.#tally.numbers.signIns += 1;
        const account = makeAccount(options);
        return codexFile(this.#ledger.signIn("codex", CODEX_CLIENT_ID, account, options).tokens, this.#trueTime());
      },
      signInClaude: (options = {}) => {
        this.#tally.numbers.signIns += 1;
        const account = makeAccount(options);
        return claudeFile(this.#ledger.signIn("claude", CLAUDE_CLIENT_ID, account, options).tokens);
      },
      decideDevice: (userCode, decision) => this.#devices.decide(userCode, decision),
      revoke: (secret) => {
        if (this.#ledger.revoke(secret)) this.#tally.numbers.familiesRevoked += 1;
      },
      stateOf: (secret) => this.#ledger.stateOf(secret),
      close: () => {
        closed ??= server.close().then(() => log?.close());
        return closed;
      },
    };
    this.#commands = authorityCommands(authority);
    return authority;
  }

  async handle(incoming: IncomingMessage, response: ServerResponse, closing: AbortSignal): Promise<void> {
    const startedMs = this.#trueTime();
    const bytes = await readBody(incoming, MAX_BODY_BYTES);
    const [path = "", query = ""] = (incoming.url ?? "").split(/\?(.*)/s, 2);
    const method = incoming.method ?? "";
    const request: RawRequest = {
      method,
      path,
      query,
      headers: readHeaders(incoming),
      body: bytes?.toString("utf8") ?? "",
    };
    if (path === CONTROL_PATH) {
      await deliver(response, plainAnswer(answerControl(request, this.#commands)), closing);
      return;
    }
    // Half a request is no request.
    if (!incoming.complete) return;
    this.#count += 1;
    const n = this.#count;
    const call = readCall(request);
    this.#tally.requests[call.kind] += 1;
    this.#onEvent({ type: "received", n, kind: call.kind });
    const fault = this.#faults.take(call.kind);
    if (fault !== undefined) this.#tally.numbers.faults += 1;
    const result = fault === undefined || doesWork(fault) ? await this.#work(n, call, fault, closing) : undefined;
    if (closing.aborted) return;
    const answer = this.#dated(answerOf(fault, result));
    // A client that left during the work does not close its connection a second time.
    if (!response.destroyed) await deliver(response, answer, closing);
    const delivered = response.writableFinished;
    if (!delivered && isExchange(result)) this.#tally.numbers.lostAnswers += 1;
    this.#write({
      n,
      at: new Date(startedMs).toISOString(),
      kind: call.kind,
      method,
      path,
      status: response.headersSent ? response.statusCode : 0,
      ms: Math.max(0, this.#trueTime() - startedMs),
      outcome: result?.outcome ?? "undone",
      ...(result?.familyId === undefined ? {} : { familyId: result.familyId }),
      ...(result?.presented === undefined ? {} : { presented: tokenTag(result.presented) }),
      ...(fault === undefined ? {} : { fault: fault.kind }),
      delivered,
      ...(result?.violation === undefined ? {} : { violation: result.violation }),
    });
  }

  /** The work goes on when the client leaves, as it does in a real service; only the end of the authority stops it. */
  async #work(
    n: number,
    call: AuthorityCall,
    fault: Fault | undefined,
    closing: AbortSignal,
  ): Promise<CallResult | undefined> {
    const waits = call.kind === "refresh" || call.kind === "code" || call.kind === "claude_refresh";
    const { beforeCommitMs, afterCommitMs } = this.#settings;
    try {
      if (waits && beforeCommitMs > 0) await pause(beforeCommitMs, closing);
      const result = this.#perform(call, twistOf(fault));
      this.#tally.count(call, result);
      if (result.violation !== undefined) this.#violate(`request ${n}: ${result.violation}`);
      this.#onEvent({ type: "committed", n, kind: call.kind, outcome: result.outcome });
      if (waits && afterCommitMs > 0) await pause(afterCommitMs, closing);
      return result;
    } catch (error) {
      // The authority is closed in the middle of a wait: there is no answer to give any more.
      if (closing.aborted) return undefined;
      throw error;
    }
  }

  #perform(call: AuthorityCall, twist: ExchangeTwist): CallResult {
    switch (call.kind) {
      case "refresh":
        return refreshCodex(call, this.#ledger, twist);
      case "claude_refresh":
        return refreshClaude(call, this.#ledger, twist);
      case "code":
        return this.#consent.exchange(call, twist);
      case "authorize":
        return this.#consent.authorize(call);
      case "device_start":
        return this.#devices.start(call);
      case "device_poll":
        return this.#devices.poll(call);
      case "page":
        return this.#devices.page(call);
      case "revoke":
        return this.#revoke(call);
      case "other":
        return { answer: codexError(404, "not_found", "there is nothing here"), outcome: "not_found" };
    }
  }

  /** RFC 7009: what is not known is as good as revoked. */
  #revoke({ fields }: AuthorityCall): CallResult {
    const { token: presented = "", token_type_hint: hint, client_id: clientId } = fields;
    if (presented === "") {
      return {
        answer: codexError(400, "invalid_request", "token is missing"),
        outcome: "bad_request",
        violation: "a revocation has no token",
      };
    }
    const violation =
      hint === "refresh_token" && clientId !== CODEX_CLIENT_ID
        ? "a revocation of a refresh token lacks the client_id"
        : undefined;
    const ended = this.#ledger.revoke(presented);
    return {
      answer: { status: 200, headers: { "content-type": "application/json" }, body: "{}" },
      outcome: ended ? "revoked" : "done",
      presented,
      ...(violation === undefined ? {} : { violation }),
    };
  }

  #counters(): AuthorityCounters {
    return {
      ...this.#tally.numbers,
      requests: { ...this.#tally.requests },
      liveFamilies: this.#ledger.liveFamilies(),
      violations: this.#violations.length,
    };
  }

  #violate(message: string): void {
    this.#violations.push(message);
    this.#onEvent({ type: "violation", message });
  }

  #dated(answer: Answer): Answer {
    const { clockSkewMs, dateSkewMs } = this.#settings;
    if (clockSkewMs === 0 && dateSkewMs === 0) return answer;
    const date = new Date(this.#trueTime() + clockSkewMs + dateSkewMs).toUTCString();
    return { ...answer, headers: { ...answer.headers, date } };
  }

  #write(row: AuthorityRow): void {
    this.#rows.push(row);
    this.#log?.append(row);
    this.#onEvent({ type: "answered", row });
  }
}

function answerOf(fault: Fault | undefined, result: CallResult | undefined): Answer {
  if (fault !== undefined) return faultyAnswer(fault, result?.answer);
  return plainAnswer(result?.answer ?? codexError(500, "server_error", "the simulator has no answer"));
}

/** Whether a token or code was used up for new tokens. */
function isExchange(result: CallResult | undefined): boolean {
  return result?.outcome === "rotated" || result?.outcome === "issued";
}

function twistOf(fault: Fault | undefined): ExchangeTwist {
  if (fault?.kind === "account") return { accountId: fault.accountId };
  if (fault?.kind === "expired") return { accessTokenLifeMs: -60_000 };
  if (fault?.kind === "omit") return { rotate: !fault.fields.includes("refresh_token") };
  return {};
}
