import { createHash } from "node:crypto";

/** `sha256:` and 64 hex digits. In a command the module that hashes is loaded at the first call: few starts need it. */
export function contentHash(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
