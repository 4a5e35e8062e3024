import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** A secret of ours and what may be shown of it. */
export interface PkcePair {
  /** 86 characters of the base64url alphabet; goes to the token endpoint only. */
  readonly verifier: string;
  /** SHA-256 of the verifier as base64url: the method `S256`. */
  readonly challenge: string;
}

/** A new pair. Source: RFC 7636 sections 4.1 and 4.2: 43 to 128 characters, `S256`. */
export function createPkcePair(): PkcePair {
  const verifier = randomBytes(64).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier, "ascii").digest("base64url") };
}

/** What ties an answer to our question: 256 random bits, where RFC 9700 asks for 128. */
export function createState(): string {
  return randomBytes(32).toString("base64url");
}

/** Whether two secrets are the same, in a time that does not tell how far they are. */
export function isSameSecret(ours: string, theirs: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest();
  return timingSafeEqual(digest(ours), digest(theirs));
}
