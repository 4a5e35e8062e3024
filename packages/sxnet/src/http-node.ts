import type { Agent } from "node:http";
import type { SecureContext } from "node:tls";
import type { HttpClient, HttpRequest, HttpResponse, NetworkOptions, SendOptions } from "./http-message.js";
import { type Http, NodeExchange } from "./http-node-exchange.js";
import type { Proxy } from "./http-proxy.js";

/** Idle connections kept for each host. */
const MAX_FREE_SOCKETS = 8;
/** How long one of several addresses may take before the next is tried; Node's 250 ms is short for a far host. */
const ADDRESS_TIMEOUT_MS = 1000;

/** HTTP over node:http and node:https, with connections of its own. */
export class NodeHttpClient implements HttpClient {
  readonly #limits: { readonly connectTimeoutMs: number; readonly maxBodyBytes: number };
  readonly #network: NetworkOptions;
  /** By protocol, not by module: a bundler may make a new module object at each import. And by proxy. */
  readonly #agents = new Map<string, Agent>();
  readonly #discarded = new Set<NodeExchange>();
  #trust: Promise<SecureContext> | undefined;

  constructor(
    limits: { readonly connectTimeoutMs: number; readonly maxBodyBytes: number },
    network: NetworkOptions = {},
  ) {
    this.#limits = limits;
    this.#network = network;
  }

  async send(request: HttpRequest, options: SendOptions): Promise<HttpResponse> {
    const url = new URL(request.url);
    const http: Http = url.protocol === "https:" ? await import("node:https") : await import("node:http");
    const proxy = await this.#chooseProxy(url);
    const agent = await this.#agentFor(http, url, proxy);
    options.signal?.throwIfAborted();
    const { caName } = this.#network;
    const exchange = { http, agent, url, request, caName, proxyPlace: proxy?.place, discarded: this.#discarded };
    const open = (): NodeExchange => new NodeExchange({ ...exchange, ...this.#limits, ...options });
    const first = open();
    try {
      return await first.start();
    } catch (error) {
      if (!first.metClosedSocket) throw error;
      // The server closed the kept connection while we were taking it up again; the others are as old.
      destroyFree(agent);
      return open().start();
    }
  }

  close(): void {
    for (const agent of this.#agents.values()) {
      // Requests under way finish; their connections are then not kept.
      agent.maxFreeSockets = 0;
      destroyFree(agent);
    }
    this.#agents.clear();
    for (const exchange of this.#discarded) exchange.destroy();
  }

  async #chooseProxy(url: URL): Promise<Proxy | undefined> {
    const { proxy } = this.#network;
    if (proxy === undefined) return undefined;
    return (await import("./http-proxy.js")).chooseProxy(url, proxy);
  }

  async #agentFor(http: Http, url: URL, proxy: Proxy | undefined): Promise<Agent> {
    const key = `${url.protocol} ${proxy?.url.href ?? ""}`;
    const known = this.#agents.get(key);
    if (known !== undefined) return known;
    const isSecure = url.protocol === "https:";
    const secureContext = isSecure || proxy?.url.protocol === "https:" ? await this.#readTrust() : undefined;
    const agent = new http.Agent({
      // Whatever the environment says: a credential is not for whoever happens to be in between.
      ...(isSecure ? { rejectUnauthorized: true } : {}),
      keepAlive: true,
      maxFreeSockets: MAX_FREE_SOCKETS,
      autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
      ...(secureContext === undefined ? {} : { secureContext }),
    });
    if (proxy !== undefined) {
      const { tunnelThrough } = await import("./http-tunnel.js");
      tunnelThrough(agent, { proxy, isSecure, secureContext, caName: this.#network.caName });
    }
    // Another request may have been faster.
    const first = this.#agents.get(key) ?? agent;
    this.#agents.set(key, first);
    return first;
  }

  /** One for the whole client: reading all the certificates takes some milliseconds. */
  #readTrust(): Promise<SecureContext> | undefined {
    const { ca = [], clientCertificate } = this.#network;
    if (ca.length > 0 || clientCertificate !== undefined) this.#trust ??= createTrust(ca, clientCertificate);
    return this.#trust;
  }
}

async function createTrust(ca: readonly string[], own: NetworkOptions["clientCertificate"]): Promise<SecureContext> {
  const tls = await import("node:tls");
  // Without authorities of ours the runtime's own are used, as it reads them.
  if (ca.length === 0) return tls.createSecureContext({ ...own });
  const { getCACertificates } = tls as { getCACertificates?: (type: "default") => readonly string[] };
  // Since Node 22.15 the runtime tells what it trusts, with what its own settings add; before, what it was built with.
  const known = getCACertificates?.("default") ?? tls.rootCertificates;
  return tls.createSecureContext({ ca: [...known, ...ca], ...own });
}

function destroyFree(agent: Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}
