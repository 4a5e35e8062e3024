import type { Credential } from "./credential.js";
import { CredentialError } from "./credential-error.js";
import type { CredentialRequest, CredentialSource, Question, SourcedCredential, SourceOptions } from "./source.js";
import { connectSsh, SSH_LIMITS, type SshLimits } from "./ssh/ssh-connect.js";
import { fetchOverSsh } from "./ssh/ssh-fetch.js";
import { describeRemote, findRoute, readSshWish, type SshWish } from "./ssh/ssh-route.js";
import { TimeLimit } from "./ssh/time-limit.js";
import { withTokenCache } from "./token-cache.js";

/**
 * The access token in the credential file of another machine, read over SSH: `CODEX_SSH_HOST` and its companions say
 * where (or those of another vendor), the SSH configuration fills in what they leave open. The machine's host key is verified before anything is
 * tried to log in. All processes of a user make one connection for each token, through the token cache.
 */
export function createSshSource(options: SourceOptions, limits: SshLimits = SSH_LIMITS): CredentialSource {
  return { name: "ssh", get: (request = {}) => getOverSsh(options, limits, request) };
}

async function getOverSsh(
  options: SourceOptions,
  limits: SshLimits,
  request: CredentialRequest,
): Promise<SourcedCredential> {
  const wish = readSshWish(options);
  const { home, env, now } = options;
  const warnings: string[] = [];
  const giver = describeRemote(wish, home);
  const cached = await withTokenCache({ identity: identify(wish), giver, home, env, now, ...request }, () =>
    fetchFresh(wish, options, limits, request.signal, warnings),
  );
  return { ...cached.credential, source: "ssh", path: giver, warnings: [...warnings, ...cached.warnings] };
}

/** Everything that may lead to another token or another error; secrets decide about neither. */
function identify(wish: SshWish): readonly string[] {
  const { vendor, host, user, port, path, pinned, policy, knownHosts, keyFile } = wish;
  return [
    "ssh",
    ...[vendor.name, host, user, port, path, pinned, policy, knownHosts, keyFile].map((part) => String(part ?? "")),
  ];
}

async function fetchFresh(
  wish: SshWish,
  options: SourceOptions,
  limits: SshLimits,
  outer: AbortSignal | undefined,
  warnings: string[],
): Promise<Credential> {
  const seconds = limits.totalMs / 1000;
  const tooLate = (): Error =>
    new CredentialError("network", `no token from ${wish.host} over SSH within ${seconds} s`);
  const limit = new TimeLimit(limits.totalMs, tooLate, outer);
  const { signal } = limit;
  const { ask } = options;
  const asking = ask && ((question: Question) => limit.uncounted(() => ask(question, outer ?? signal)));
  try {
    const stops = await findRoute(wish, { options, ask: asking, signal });
    const { default: ssh2 } = await import("ssh2");
    const connection = await connectSsh(stops, { ssh2, limits, signal });
    try {
      return await fetchOverSsh(connection, {
        vendor: wish.vendor,
        place: stops.at(-1)?.place ?? wish.host,
        path: wish.path,
        signal,
      });
    } finally {
      connection.close();
      warnings.push(...stops.flatMap(({ check }) => check.warnings));
    }
  } catch (error) {
    // Mended in a moment: only those who wait in line right now are to be told the same.
    if (!(error instanceof CredentialError) || !(error.code === "configuration" || error.code === "host_key"))
      throw error;
    throw new CredentialError(error.code, error.message, { cause: error, retryAfterMs: 1 });
  } finally {
    limit.end();
  }
}
