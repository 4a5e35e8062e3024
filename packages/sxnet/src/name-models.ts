import { ProviderError } from "./errors.js";
import type { ListedModel } from "./provider.js";

const MAX_NAMES = 12;
const MAX_NAME_CHARS = 80;

/**
 * The error with the names of the models that the service has: what a person needs to choose another one.
 * @throws the signal's reason
 */
export async function nameModels(
  error: ProviderError,
  list: () => Promise<readonly ListedModel[]>,
  signal: AbortSignal | undefined,
): Promise<ProviderError> {
  let models: readonly ListedModel[];
  try {
    models = await list();
  } catch {
    if (signal?.aborted) throw signal.reason;
    // The list is only an addition: what went wrong with the model is still the thing to say.
    return error;
  }
  if (models.length === 0) return error;
  const names = models.slice(0, MAX_NAMES).map(({ id }) => shown(id));
  const more = models.length > MAX_NAMES ? ` and ${models.length - MAX_NAMES} more` : "";
  const { status, requestId, provider, key } = error;
  return new ProviderError(error.code, `${error.message}; it has ${names.join(", ")}${more}`, {
    provider,
    status,
    requestId,
    key,
    cause: error.cause,
  });
}

/** A name from a server goes to a terminal: one short line of it. */
function shown(id: string): string {
  return id
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ")
    .slice(0, MAX_NAME_CHARS)
    .toWellFormed();
}
