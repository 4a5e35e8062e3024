import { ProviderError } from "./errors.js";
import { type HttpClient, type HttpRequest, readText } from "./http.js";
import { maskSecrets } from "./mask-secrets.js";
import type { SideAnswer } from "./prefix-cache.js";
import type { ProviderSpec, RequestContext, SideRequest } from "./provider.js";

/** Small requests that are answered at once, for example a list of models. */

const IDLE_TIMEOUT_MS = 30_000;
const MAX_BYTES = 4 * 1024 * 1024;

/** Sends one and reads its answer whole, whatever the status. */
export async function sendWhole(
  client: HttpClient,
  request: HttpRequest,
  signal: AbortSignal | undefined,
): Promise<SideAnswer> {
  const response = await client.send(request, { signal, idleTimeoutMs: IDLE_TIMEOUT_MS });
  const { status, headers } = response;
  return { status, headers, body: await readText(response, MAX_BYTES) };
}

/**
 * Sends one and reads what it asks for.
 * @throws ProviderError as the service words it, or `protocol` when the answer is something else
 */
export async function sendSide<Value>(
  spec: ProviderSpec,
  side: SideRequest<Value>,
  context: RequestContext,
  sending: {
    readonly client: HttpClient;
    readonly signal: AbortSignal | undefined;
    readonly nowMs: () => number;
  },
): Promise<Value> {
  const request = side.build(context);
  const { status, headers, body } = await sendWhole(sending.client, request, sending.signal);
  const nowMs = sending.nowMs();
  if (status < 200 || status > 299) {
    throw spec.readError({ status, headers, body: maskSecrets(body, request.headers), nowMs });
  }
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw new ProviderError("protocol", `${spec.name} answered with something that is not JSON; check the address`, {
      provider: spec.name,
      status,
      cause,
    });
  }
  return side.read(value, nowMs);
}
