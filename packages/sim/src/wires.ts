import type { HttpAnswer, RawRequest, Wire } from "./wire.js";
import { responses } from "./wire-responses.js";

/** Every wire format that the simulator speaks; the first that knows method and path takes the request. */
const WIRES: readonly Wire[] = [responses];

export function findWire(method: string, path: string): Wire | undefined {
  return WIRES.find((wire) => wire.matches(method, path));
}

/** The answer of a route that needs no script, if the request is for one. */
export function answerSideRoute(request: RawRequest): HttpAnswer | undefined {
  const routes = WIRES.flatMap((wire) => wire.side ?? []);
  return routes.find((route) => route.matches(request.method, request.path))?.answer(request);
}

/** The keys that point every provider at `origin`; with `secrets`, also the made-up credentials. */
export function simulatorEnv(origin: string, options: { readonly secrets: boolean }): Record<string, string> {
  const parts = WIRES.map((wire) => wire.env(origin));
  return Object.assign(
    {},
    ...parts.map(({ endpoints, secrets }) => ({ ...endpoints, ...(options.secrets ? secrets : {}) })),
  );
}
