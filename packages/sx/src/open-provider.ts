import { join } from "node:path";
import {
  createProvider,
  DEFAULT_PROVIDER,
  type NetworkOptions,
  type Provider,
  ProviderError,
  type Settings,
} from "@scorpiox/sxnet";
import type { CredentialSource, Refresher } from "@scorpiox/sxnet/credentials";
import { type Configuration, ExitCode, Failure, type Io } from "@scorpiox/sxutil";
import type { KnownSecrets } from "./known-secrets.js";

export interface OpenProviderOptions {
  readonly configuration: Configuration;
  readonly settings: Settings;
  readonly io: Io;
  /** Every access token that is used is added here. */
  readonly secrets: KnownSecrets;
  readonly warn?: ((line: string) => void) | undefined;
}

/**
 * The provider that the configuration chooses, with its credential source behind it.
 * @throws Failure `configuration`, with the place of the setting at fault
 */
export async function openProvider(options: OpenProviderOptions): Promise<Provider> {
  const { configuration, settings, io, secrets, warn } = options;
  // The router, which the table names as default, does not exist yet: until then an unset PROVIDER is the first one.
  const chosen = configuration.resolve("PROVIDER");
  const name = chosen === undefined || chosen.tier === "default" ? DEFAULT_PROVIDER : chosen.value;
  let source: Promise<CredentialSource> | undefined;
  const warned = new Set<string>();
  const { readNetworkOptions } = await import("@scorpiox/sxnet/credentials");
  try {
    const network = await readNetworkOptions({ settings, env: io.env, home: io.home });
    return await createProvider(name, {
      settings,
      network,
      ...(settings["AGENT_RETRY_MAX"] === undefined
        ? {}
        : { retry: { maxRetries: Number(settings["AGENT_RETRY_MAX"]) } }),
      getCredential: async ({ rejected, signal }) => {
        source ??= openSource(settings, io, network);
        const credential = await (await source).get({ rejected, signal });
        secrets.add(credential.accessToken);
        for (const line of credential.warnings) {
          if (!warned.has(line)) warn?.(line);
          warned.add(line);
        }
        return credential;
      },
    });
  } catch (error) {
    if (!ProviderError.is(error) || error.key === undefined) throw error;
    throw new Failure(
      "configuration",
      ExitCode.configuration,
      `${error.message} ${configuration.describe(error.key)}`.trim(),
      { cause: error },
    );
  }
}

/** Loaded with the first request: a run that fails before it needs no credential. */
async function openSource(settings: Settings, io: Io, network: NetworkOptions): Promise<CredentialSource> {
  const { createCredentialSource } = await import("@scorpiox/sxnet/credentials");
  return createCredentialSource(settings["CODEX_TOKEN_SOURCE"] ?? "local", {
    settings,
    home: io.home,
    env: io.env,
    now: Date.now,
    network,
    refresher: refresherProgram(io),
  });
}

/** The program that exchanges a refresh token: `refresher.cjs`, which is built beside `main.cjs`. */
function refresherProgram({ execPath }: Io): Refresher | undefined {
  return execPath === undefined ? undefined : { command: execPath, args: [join(__dirname, "refresher.cjs")] };
}
