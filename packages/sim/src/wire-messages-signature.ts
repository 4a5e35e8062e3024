import { createHash } from "node:crypto";

const MARK = "scorpiox-sim thinking";

/** What became of a thinking block on its way through a client. */
export type SignatureState = "good" | "edited" | "foreign";

/** Made-up: names the model that thought, and what it thought. `id` makes each one different. */
export function makeSignature(model: string, thinking: string, id: string): string {
  return Buffer.from([MARK, id, model, digest(thinking)].join("\n")).toString("base64");
}

/**
 * The service takes a thinking block only as it gave it, and only for the model that thought it.
 * Source: public reports of "Invalid `signature` in `thinking` block" after an edit and after a change of the model,
 * read 2026-11-21.
 */
export function checkSignature(signature: string, model: string, thinking: string): SignatureState {
  const text = Buffer.from(signature, "base64").toString("utf8");
  const [mark, , madeFor, hash] = text.split("\n");
  // Decoding forgives letters that are no base64, which a signature that was only copied does not have.
  const copied = Buffer.from(text).toString("base64") === signature;
  if (!copied || mark !== MARK || madeFor !== model) return "foreign";
  return hash === digest(thinking) ? "good" : "edited";
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
