import { join } from "node:path";
import {
  createProvider,
  findSetUp,
  type NetworkOptions,
  type Provider,
  ProviderError,
  type ProviderOptions,
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
  /** In place of what `PROVIDER` says. */
  readonly name?: string | undefined;
}

/**
 * The provider that the configuration chooses, with the credential sources behind it.
 * @throws Failure `configuration`, with the place of the setting at fault
 */
export async function openProvider(options: OpenProviderOptions): Promise<Provider> {
  const { configuration, settings } = options;
  try {
    return await createProvider(options.name ?? settings["PROVIDER"] ?? "scorpiox", await providerOptions(options));
  } catch (error) {
    throw withOrigin(error, configuration);
  }
}

/** The services that could be asked, in the router's order. */
export async function findServices(options: OpenProviderOptions): Promise<readonly string[]> {
  return findSetUp(await providerOptions(options));
}

async function providerOptions({ settings, io, secrets, warn }: OpenProviderOptions): Promise<ProviderOptions> {
  const sources = new Map<string, Promise<CredentialSource>>();
  const warned = new Set<string>();
  const { readNetworkOptions } = await import("@scorpiox/sxnet/credentials");
  const network = await readNetworkOptions({ settings, env: io.env, home: io.home });
  return {
    settings,
    network,
    ...(settings["AGENT_RETRY_MAX"] === undefined
      ? {}
      : { retry: { maxRetries: Number(settings["AGENT_RETRY_MAX"]) } }),
    hasCredential: async (provider) => {
      const { isCredentialPresent, isVendorName } = await import("@scorpiox/sxnet/credentials");
      return isVendorName(provider) && isCredentialPresent({ vendor: provider, settings, home: io.home, env: io.env });
    },
    getCredential: async ({ provider, rejected, signal }) => {
      let source = sources.get(provider);
      if (source === undefined) {
        source = openSource(provider, settings, io, network);
        sources.set(provider, source);
      }
      const credential = await (await source).get({ rejected, signal });
      secrets.add(credential.accessToken);
      for (const line of credential.warnings) {
        if (!warned.has(line)) warn?.(line);
        warned.add(line);
      }
      return credential;
    },
  };
}

/** A setting at fault is shown with the place that it comes from. */
function withOrigin(error: unknown, configuration: Configuration): unknown {
  if (!ProviderError.is(error) || error.key === undefined) return error;
  return new Failure(
    "configuration",
    ExitCode.configuration,
    `${error.message} ${configuration.describe(error.key)}`.trim(),
    { cause: error },
  );
}

/** Loaded with the first request: a run that fails before it needs no credential. */
async function openSource(
  provider: string,
  settings: Settings,
  io: Io,
  network: NetworkOptions,
): Promise<CredentialSource> {
  const { createCredentialSource, isVendorName, tokenSourceOf } = await import("@scorpiox/sxnet/credentials");
  if (!isVendorName(provider)) throw new TypeError(`${provider} has no credential source`);
  return createCredentialSource(tokenSourceOf({ vendor: provider, settings }), {
    vendor: provider,
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
