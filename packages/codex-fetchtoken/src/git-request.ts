import type { Settings } from "@scorpiox/sxnet";
import type { InputStream } from "@scorpiox/sxutil";
import type { GitWish } from "./format.js";

/** More than git ever sends. */
const MAX_BYTES = 65_536;

/** Where a Codex token belongs when no setting says otherwise. Source: codex, `chatgpt_base_url`, read 2026-11-20. */
const DEFAULT_BASE_URL = "https://chatgpt.com/backend-api/codex";

export interface GitRequest extends GitWish {
  readonly protocol: string | undefined;
  /** Lower case, with the port if there is one. */
  readonly host: string | undefined;
}

/**
 * Reads what git writes to a credential helper: `key=value` lines up to an empty line or the end.
 * Rejects with the signal's reason on abort; the stream is then destroyed.
 */
export async function readGitRequest(stdin: InputStream, signal: AbortSignal): Promise<GitRequest> {
  signal.throwIfAborted();
  const stop = (): void => {
    stdin.destroy(signal.reason as Error);
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    let text = "";
    for await (const chunk of stdin as AsyncIterable<Uint8Array | string>) {
      text += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("latin1");
      if (/(^|\n)\r?\n/u.test(text) || text.length > MAX_BYTES) break;
    }
    return parseGitRequest(text);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Pure half of `readGitRequest`; unknown keys are skipped, the last of several counts. */
export function parseGitRequest(text: string): GitRequest {
  const [head = ""] = text.split(/\r?\n\r?\n/u);
  const pairs = head.split(/\r?\n/u).map((line): [string, string] => {
    const equals = line.indexOf("=");
    return equals === -1 ? [line, ""] : [line.slice(0, equals), line.slice(equals + 1)];
  });
  const fields = new Map(pairs);
  return {
    protocol: fields.get("protocol"),
    host: fields.get("host")?.toLowerCase(),
    username: fields.get("username"),
    understandsBearer: pairs.some(([key, value]) => key === "capability[]" && value === "authtype"),
  };
}

/** Whether the token belongs to that server. git asks its helpers about every host, and a token is for one of them. */
export function isForUs({ protocol, host }: GitRequest, settings: Settings): boolean {
  const base = settings["CODEX_BASE_URL"] ?? DEFAULT_BASE_URL;
  if (protocol === undefined || host === undefined || !URL.canParse(base)) return false;
  const url = new URL(base);
  return url.protocol === `${protocol}:` && url.host === host;
}
