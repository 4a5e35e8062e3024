/** Where a signature stood: on the first call of a set, or on the last text of an answer without calls. */
export type SignedPart = { readonly call: string } | "text";

const MARK = "scorpiox-sim thought signature";

/** What the service takes for a call that another service or model made. Source: vendor's guide, read 2026-11-20. */
const STAND_IN = "skip_thought_signature_validator";

/** Made-up: names the model and the part that it belongs to. `id` makes each one different. */
export function makeSignature(model: string, part: SignedPart, id: string): string {
  return Buffer.from([MARK, id, model, nameOf(part)].join("\n")).toString("base64");
}

/**
 * Whether a signature that came back is one that this program made, for this model, on a part of this kind. That it
 * may not move from a call to a text is stricter than what is known of the service.
 */
export function isOwnSignature(signature: string, model: string, part: SignedPart): boolean {
  if (signature === STAND_IN) return true;
  const [mark, , madeFor, madeOn] = Buffer.from(signature, "base64").toString("utf8").split("\n");
  return mark === MARK && madeFor === model && madeOn === nameOf(part);
}

function nameOf(part: SignedPart): string {
  return part === "text" ? "text" : `call ${part.call}`;
}
