import { quoted } from "@scorpiox/sxutil";
import { isAccountId } from "./credential.js";
import { CredentialError } from "./credential-error.js";
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
 * The source that `CODEX_TOKEN_SOURCE` names. With `CODEX_ACCOUNT_ID` set, its credentials carry that account.
 * @throws CredentialError `configuration` for a name that there is not (it lists those there are) or an unusable id.
 */
export async function createCredentialSource(name: string, options: SourceOptions): Promise<CredentialSource> {
  const load = Object.hasOwn(SOURCES, name) ? SOURCES[name] : undefined;
  if (load === undefined) {
    const choices = sourceNames().join(", ");
    throw new CredentialError("configuration", `CODEX_TOKEN_SOURCE is ${quoted(name)}; there is: ${choices}`);
  }
  const accountId = options.settings["CODEX_ACCOUNT_ID"] ?? "";
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
