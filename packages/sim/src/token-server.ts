import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { makeAccount } from "./authority-login.js";
import { NO_STORE } from "./authority-request.js";
import { makeJwt, tokenTag } from "./authority-tokens.js";
import { answerControl, checkedLater, CONTROL_PATH, type ControlCommand } from "./control.js";
import { deliver } from "./deliver.js";
import { doesWork, type Fault, type FaultKind, FaultQueue, faultyAnswer, parseFault } from "./faults.js";
import { type Check, object, text, whole } from "./json-check.js";
import type { JsonlFile } from "./jsonl-file.js";
import { readBody, readHeaders, type ServerCertificate, startLoopbackServer } from "./loopback-server.js";
import { type Answer, plainAnswer } from "./player.js";
import { type HttpAnswer, jsonAnswer, type RawRequest } from "./wire.js";

/** How a token server behaves; all of it can be changed while it runs. */
export interface TokenServerSettings {
  /** Default one hour. */
  readonly accessTokenLifeMs: number;
  /** A token with less left than this is no longer handed out, a new one is made. Default 5 minutes. */
  readonly renewBeforeMs: number;
  readonly accountId: string;
  /** Default 0. */
  readonly delayMs: number;
}

export interface TokenServerOptions {
  /** Default: one that the system chooses. */
  readonly port?: number;
  /** What clients must send as bearer. Default `simulator-key`. */
  readonly apiKey?: string;
  /** With it the server speaks https. */
  readonly certificate?: ServerCertificate;
  readonly settings?: Partial<TokenServerSettings>;
  /** File to which one JSON line for each request is appended; it has no tokens and no keys in it. */
  readonly log?: string;
  readonly onEvent?: (event: TokenServerEvent) => void;
  /** Wall clock in Unix milliseconds. */
  readonly now?: () => number;
}

export type TokenServerEvent =
  | { readonly type: "received"; readonly n: number }
  | { readonly type: "answered"; readonly row: TokenServerRow }
  /** A client did what a correct one never does. */
  | { readonly type: "violation"; readonly message: string }
  | { readonly type: "warning"; readonly message: string };

export interface TokenServerRow {
  readonly n: number;
  /** When the request came: RFC 3339. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** 0 when the connection ended before a status was sent. */
  readonly status: number;
  readonly key: "good" | "wrong" | "none";
  /** First 12 hex digits of the SHA-256 of the access token that was handed out. */
  readonly handedOut?: string;
  readonly fault?: FaultKind;
  readonly delivered: boolean;
}

export interface TokenServerCounters {
  readonly requests: number;
  /** With the right key. */
  readonly authorized: number;
  /** Different access tokens that were made. */
  readonly issued: number;
  readonly faults: number;
  readonly violations: number;
}

/** A running token server. */
export interface TokenServer {
  /** Where tokens are, for `CODEX_REMOTE_URL`. */
  readonly url: string;
  /** Without a path. */
  readonly origin: string;
  readonly port: number;
  /** Keys that make a client fetch its tokens here. */
  readonly env: Readonly<Record<string, string>>;
  readonly rows: readonly TokenServerRow[];
  readonly violations: readonly string[];
  counters(): TokenServerCounters;
  settings(): TokenServerSettings;
  /** Holds from the next request on; the next token is a new one. */
  configure(settings: Partial<TokenServerSettings>): void;
  /** Befalls the next requests, after the faults that already wait. */
  addFault(fault: Fault): void;
  clearFaults(): void;
  /** Ends every connection. May be called twice. */
  close(): Promise<void>;
}

const PATH = "/codex";
/** Another place of the same server, to which a redirect may lead. */
const MOVED_PATH = "/codex/moved";
const MAX_BODY_BYTES = 1024 * 1024;
const FAULT_TARGET = "token";

const life = whole(-1e13, 1e13);
const CHECKS: Readonly<Record<keyof TokenServerSettings, Check>> = {
  accessTokenLifeMs: life,
  renewBeforeMs: life,
  accountId: text(200, 1),
  delayMs: whole(0, 3_600_000),
};

/**
 * Starts a token server on 127.0.0.1: `GET /codex` with the key as bearer answers
 * `{access_token, token_type, expires_at, expires_in, account_id}`, the same token until it is nearly over.
 * @throws CheckError for settings that cannot be; the system's error when the port is taken, the certificate is bad or
 * the log cannot be opened
 */
export async function startTokenServer(options: TokenServerOptions = {}): Promise<TokenServer> {
  const onEvent = options.onEvent ?? (() => undefined);
  const log = options.log === undefined ? undefined : await openLog(options.log, onEvent);
  try {
    const core = new TokenServerCore(options, onEvent, log);
    const server = await startLoopbackServer({
      port: options.port ?? 0,
      ...(options.certificate === undefined ? {} : { certificate: options.certificate }),
      handle: (request, response, closing) => core.handle(request, response, closing),
    });
    const origin = `${options.certificate === undefined ? "http" : "https"}://127.0.0.1:${server.port}`;
    return core.open(origin, server.port, async () => {
      await server.close();
      await log?.close();
    });
  } catch (error) {
    await log?.close();
    throw error;
  }
}

async function openLog(path: string, onEvent: (event: TokenServerEvent) => void): Promise<JsonlFile> {
  const { openJsonl } = await import("./jsonl-file.js");
  return openJsonl(path, "a", (error) =>
    onEvent({ type: "warning", message: `the log ${path} cannot be written: ${error.message}` }),
  );
}

interface HandedOut {
  readonly accessToken: string;
  readonly accountId: string;
  readonly expiresAtMs: number;
}

class TokenServerCore {
  readonly #onEvent: (event: TokenServerEvent) => void;
  readonly #log: JsonlFile | undefined;
  readonly #now: () => number;
  readonly #apiKey: string;
  readonly #faults = new FaultQueue(FAULT_TARGET);
  readonly #rows: TokenServerRow[] = [];
  readonly #violations: string[] = [];
  readonly #counts = { requests: 0, authorized: 0, issued: 0, faults: 0 };
  #settings: TokenServerSettings;
  #current: HandedOut | undefined;
  #origin = "";
  #commands: Readonly<Record<string, ControlCommand>> = {};

  constructor(options: TokenServerOptions, onEvent: (event: TokenServerEvent) => void, log: JsonlFile | undefined) {
    this.#onEvent = onEvent;
    this.#log = log;
    this.#now = options.now ?? Date.now;
    this.#apiKey = options.apiKey ?? "simulator-key";
    this.#settings = {
      accessTokenLifeMs: 3_600_000,
      renewBeforeMs: 300_000,
      accountId: makeAccount().accountId,
      delayMs: 0,
      ...parseSettings(options.settings ?? {}),
    };
  }

  open(origin: string, port: number, end: () => Promise<void>): TokenServer {
    this.#origin = origin;
    const url = `${origin}${PATH}`;
    let closed: Promise<void> | undefined;
    const server: TokenServer = {
      url,
      origin,
      port,
      env: { CODEX_TOKEN_SOURCE: "remote", CODEX_REMOTE_URL: url, TOKEN_HTTP_API_KEY: this.#apiKey },
      rows: this.#rows,
      violations: this.#violations,
      counters: () => ({ ...this.#counts, violations: this.#violations.length }),
      settings: () => this.#settings,
      configure: (settings) => {
        this.#settings = { ...this.#settings, ...parseSettings(settings) };
        this.#current = undefined;
      },
      addFault: (fault) => this.#faults.add(parseFault(fault, [FAULT_TARGET])),
      clearFaults: () => this.#faults.clear(),
      close: () => {
        closed ??= end();
        return closed;
      },
    };
    this.#commands = tokenServerCommands(server);
    return server;
  }

  async handle(incoming: IncomingMessage, response: ServerResponse, closing: AbortSignal): Promise<void> {
    const atMs = this.#now();
    const body = await readBody(incoming, MAX_BODY_BYTES);
    const [path = "", query = ""] = (incoming.url ?? "").split(/\?(.*)/s, 2);
    const method = incoming.method ?? "";
    const request = { method, path, query, headers: readHeaders(incoming), body: body?.toString("utf8") ?? "" };
    if (path === CONTROL_PATH) {
      await deliver(response, plainAnswer(answerControl(request, this.#commands)), closing);
      return;
    }
    if (!incoming.complete) return;
    this.#counts.requests += 1;
    const n = this.#counts.requests;
    this.#onEvent({ type: "received", n });
    const key = this.#judgeKey(request);
    if (key === "good") this.#counts.authorized += 1;
    const fault = this.#faults.take(FAULT_TARGET);
    if (fault !== undefined) this.#counts.faults += 1;
    const { answer, handedOut } = this.#answer(n, request, key, fault);
    await deliver(response, this.#delayed(answer), closing);
    const row: TokenServerRow = {
      n,
      at: new Date(atMs).toISOString(),
      method,
      path,
      status: response.headersSent ? response.statusCode : 0,
      key,
      ...(handedOut === undefined ? {} : { handedOut: tokenTag(handedOut.accessToken) }),
      ...(fault === undefined ? {} : { fault: fault.kind }),
      delivered: response.writableFinished,
    };
    this.#rows.push(row);
    this.#log?.append(row);
    this.#onEvent({ type: "answered", row });
  }

  #answer(
    n: number,
    { method, path, query }: RawRequest,
    key: TokenServerRow["key"],
    fault: Fault | undefined,
  ): { answer: Answer; handedOut?: HandedOut } {
    if (query.includes(this.#apiKey)) this.#violate(`request ${n}: the key stands in the address`);
    if (fault !== undefined && !doesWork(fault)) return { answer: faultyAnswer(fault, undefined) };
    if (path !== PATH && path !== MOVED_PATH) {
      return { answer: plainAnswer(jsonAnswer(404, { error: "there is nothing here" })) };
    }
    if (method !== "GET") {
      this.#violate(`request ${n}: tokens are fetched by GET`);
      return { answer: plainAnswer(jsonAnswer(405, { error: "tokens are fetched by GET" }, { allow: "GET" })) };
    }
    if (key !== "good") {
      const answer = jsonAnswer(401, { error: "the key is not good" }, { "www-authenticate": "Bearer" });
      return { answer: plainAnswer(answer) };
    }
    const handedOut = this.#take(fault);
    const good = tokenAnswer(handedOut, this.#now());
    return { answer: fault === undefined ? plainAnswer(good) : faultyAnswer(fault, good), handedOut };
  }

  #take(fault: Fault | undefined): HandedOut {
    if (fault?.kind === "expired") return this.#issue(-60_000, this.#settings.accountId);
    if (fault?.kind === "account") return this.#issue(this.#settings.accessTokenLifeMs, fault.accountId);
    if (this.#current === undefined || this.#current.expiresAtMs - this.#now() < this.#settings.renewBeforeMs) {
      this.#current = this.#issue(this.#settings.accessTokenLifeMs, this.#settings.accountId);
    }
    return this.#current;
  }

  #issue(lifeMs: number, accountId: string): HandedOut {
    this.#counts.issued += 1;
    const issuedAtMs = this.#now();
    // Whole seconds: `exp` in the token and `expires_at` beside it say the same.
    const expiresAtMs = Math.floor((issuedAtMs + lifeMs) / 1000) * 1000;
    const times = { issuer: this.#origin, audience: "https://api.openai.com/v1", issuedAtMs, expiresAtMs };
    return { accessToken: makeJwt(makeAccount({ accountId }), times), accountId, expiresAtMs };
  }

  #judgeKey({ headers }: RawRequest): TokenServerRow["key"] {
    const given = headers["authorization"];
    if (given === undefined) return "none";
    const [sent, wanted] = [Buffer.from(given), Buffer.from(`Bearer ${this.#apiKey}`)];
    return sent.length === wanted.length && timingSafeEqual(sent, wanted) ? "good" : "wrong";
  }

  #delayed(answer: Answer): Answer {
    const { delayMs } = this.#settings;
    const { headDelayMs = 0 } = answer.delivery;
    return { ...answer, delivery: { ...answer.delivery, headDelayMs: headDelayMs + delayMs } };
  }

  #violate(message: string): void {
    this.#violations.push(message);
    this.#onEvent({ type: "violation", message });
  }
}

function parseSettings(value: unknown): Partial<TokenServerSettings> {
  object(CHECKS)(value, "settings");
  return value as Partial<TokenServerSettings>;
}

function tokenAnswer({ accessToken, accountId, expiresAtMs }: HandedOut, nowMs: number): HttpAnswer {
  const body = {
    access_token: accessToken,
    token_type: "Bearer",
    expires_at: new Date(expiresAtMs).toISOString(),
    expires_in: Math.floor((expiresAtMs - nowMs) / 1000),
    account_id: accountId,
  };
  return jsonAnswer(200, body, NO_STORE);
}

function tokenServerCommands(server: TokenServer): Readonly<Record<string, ControlCommand>> {
  return {
    counters: { fields: {}, run: () => server.counters() },
    violations: { fields: {}, run: () => server.violations },
    settings: {
      fields: { settings: checkedLater },
      run: ({ settings }) => {
        if (settings !== undefined) server.configure(settings as object);
        return server.settings();
      },
    },
    fault: { fields: { fault: checkedLater }, needs: ["fault"], run: ({ fault }) => server.addFault(fault as Fault) },
    clear_faults: { fields: {}, run: () => server.clearFaults() },
  };
}
