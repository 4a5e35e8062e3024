import { quoted } from "@scorpiox/sxutil";
import { isAccountId } from "./credential.js";
import { CredentialError } from "./credential-error.js";
import { keyOf, vendorOf } from "./login-vendor.js";
import type { CredentialSource, SourceOptions } from "./source.js";

/** The only list of sources; each is loaded when it is used. */
const SOURCES: Readonly<Record<string, () => Promise<(options: SourceOptions) => CredentialSource>>> = {
  local: async () => (await import("./source-local.js")).createLocalSource,
  remote: async () => (await import("./source-remote.js")).createRemoteSource,
  ssh: async () => (await import("./source-ssh.js")).createSshSource,
};

/** Every name that `createCredentialSource` knows. */
export function sourceNames(): readonly string[] {
  return Object.keys(SOURCES);
}

/**
 * The source that `CODEX_TOKEN_SOURCE` names, or with `vendor: "claude_code"` that of `CLAUDE_CODE_TOKEN_SOURCE`. With
 * `CODEX_ACCOUNT_ID` set, the credentials of Codex carry that account.
 * @throws CredentialError `configuration` for a name that there is not (it lists those there are) or an unusable id.
 */
export async function createCredentialSource(name: string, options: SourceOptions): Promise<CredentialSource> {
  const load = Object.hasOwn(SOURCES, name) ? SOURCES[name] : undefined;
  if (load === undefined) {
    const choices = sourceNames().join(", ");
    const key = keyOf(vendorOf(options), "TOKEN_SOURCE");
    throw new CredentialError("configuration", `${key} is ${quoted(name)}; there is: ${choices}`);
  }
  const isCodex = vendorOf(options).name === "codex";
  const accountId = isCodex ? (options.settings["CODEX_ACCOUNT_ID"] ?? "") : "";
  if (accountId !== "" && !isAccountId(accountId)) {
    throw new CredentialError("configuration", `CODEX_ACCOUNT_ID is ${quoted(accountId)}; give the id of an account`);
  }
  const createSource = await load();
  const source = createSource(options);
  if (accountId === "") return source;
  return {
    name: source.name,
    async get(request = {}) {
      const { rejected } = request;
      // The account on it is the one that was set, not the login's.
      const own = rejected === undefined ? request : { ...request, rejected: { accessToken: rejected.accessToken } };
      return { ...(await source.get(own)), accountId };
    },
  };
}
