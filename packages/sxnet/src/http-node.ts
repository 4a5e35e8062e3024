import type { Agent } from "node:http";
import type { HttpClient, HttpRequest, HttpResponse, SendOptions } from "./http.js";
import { type Http, NodeExchange } from "./http-node-exchange.js";

/** Idle connections kept for each host. */
const MAX_FREE_SOCKETS = 8;
/** How long one of several addresses may take before the next is tried; Node's 250 ms is short for a far host. */
const ADDRESS_TIMEOUT_MS = 1000;

/** HTTP over node:http and node:https, with connections of its own. */
export class NodeHttpClient implements HttpClient {
  readonly #limits: { readonly connectTimeoutMs: number; readonly maxBodyBytes: number };
  /** By protocol, not by module: a bundler may make a new module object at each import. */
  readonly #agents = new Map<string, Agent>();
  readonly #discarded = new Set<NodeExchange>();

  constructor(limits: { readonly connectTimeoutMs: number; readonly maxBodyBytes: number }) {
    this.#limits = limits;
  }

  async send(request: HttpRequest, options: SendOptions): Promise<HttpResponse> {
    const url = new URL(request.url);
    const http: Http = url.protocol === "https:" ? await import("node:https") : await import("node:http");
    options.signal?.throwIfAborted();
    const agent = this.#agentFor(url.protocol, http);
    const open = (): NodeExchange =>
      new NodeExchange({ http, agent, url, request, ...this.#limits, ...options, discarded: this.#discarded });
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

  #agentFor(protocol: string, http: Http): Agent {
    let agent = this.#agents.get(protocol);
    if (agent === undefined) {
      agent = new http.Agent({
        keepAlive: true,
        maxFreeSockets: MAX_FREE_SOCKETS,
        autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
      });
      this.#agents.set(protocol, agent);
    }
    return agent;
  }
}

function destroyFree(agent: Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}
