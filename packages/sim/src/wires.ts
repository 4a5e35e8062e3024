import type { RawRequest, SideAnswer, Wire, WireMeans } from "./wire.js";
import { chatCompletions } from "./wire-chat-completions.js";
import { generateContent } from "./wire-generate-content.js";
import { messages } from "./wire-messages.js";
import { responses } from "./wire-responses.js";

/**
 * Every wire format that the simulator speaks; the first that knows method and path takes the request. The list of
 * models of Chat Completions is on a path that others have as well, so it comes last.
 */
const WIRES: readonly Wire[] = [responses, generateContent, messages, chatCompletions];

/** For looking at one request only: the format as it is without a memory. */
export function findWire(method: string, path: string): Wire | undefined {
  return WIRES.find((wire) => wire.matches(method, path));
}

/** The formats with what they remember of one simulator's requests. */
export interface OpenWires {
  find(method: string, path: string): Wire | undefined;
  /** The answer of a route that needs no script, if the request is for one. */
  answerSideRoute(request: RawRequest): SideAnswer | undefined;
}

export function openWires(means: WireMeans): OpenWires {
  const wires = WIRES.map((wire) => wire.open?.(means) ?? wire);
  const routes = wires.flatMap((wire) => wire.side ?? []);
  return {
    find: (method, path) => wires.find((wire) => wire.matches(method, path)),
    answerSideRoute: (request) =>
      routes.find((route) => route.matches(request.method, request.path, request.headers))?.answer(request),
  };
}

/** The keys that point every provider at `origin`; with `secrets`, also the made-up credentials. */
export function simulatorEnv(origin: string, options: { readonly secrets: boolean }): Record<string, string> {
  const parts = WIRES.map((wire) => wire.env(origin));
  return Object.assign(
    {},
    ...parts.map(({ endpoints, secrets }) => ({ ...endpoints, ...(options.secrets ? secrets : {}) })),
  );
}
