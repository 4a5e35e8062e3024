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
 * `CODEX_ACCOUNT_ID` set, only credentials of that account come out, and one that names none carries it; a login of another
 * account is refused (`login_needed`) before anything is sent, also before it would be refreshed.
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
      if (source.name === "local") await checkLogin(accountId, options, request.signal);
      // The account on it may be the one that was set, where the login names none.
      const own = rejected === undefined ? request : { ...request, rejected: { accessToken: rejected.accessToken } };
      const credential = await source.get(own);
      checkAccount(accountId, credential.accountId);
      return { ...credential, accountId };
    },
  };
}

/** Looks at the login on this machine, which the source would refresh before it gives it out. */
async function checkLogin(wanted: string, options: SourceOptions, signal: AbortSignal | undefined): Promise<void> {
  const { findLogin } = await import("./login/login-place.js");
  let found: string | undefined;
  try {
    found = (await findLogin(options, signal)).credential.accountId;
  } catch (error) {
    if (error instanceof CredentialError) return; // The source says the same, and what to do about it.
    throw error;
  }
  checkAccount(wanted, found);
}

function checkAccount(wanted: string, found: string | undefined): void {
  if (found === undefined || found === wanted) return;
  throw new CredentialError(
    "login_needed",
    `the login is of the account ${quoted(found)}, but CODEX_ACCOUNT_ID allows ${quoted(wanted)} only; log in with that account, or correct the key`,
  );
}
