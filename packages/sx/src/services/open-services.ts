import { loadModels, type ModelTable, type Provider, type Settings } from "@scorpiox/sxnet";
import { type Configuration, type Io, readConfiguration } from "@scorpiox/sxutil";
import type { SxOptions } from "../args.js";
import { KnownSecrets } from "../known-secrets.js";
import { openWorkspace, overridesOf } from "../open-agent.js";
import { findServices, openProvider, type OpenProviderOptions } from "../open-provider.js";

/** How long a service may take to answer a question beside the conversation. */
const QUESTION_MS = 10_000;

/** The services that the configuration reaches, for questions about them. Whoever opened this closes it. */
export interface Services {
  readonly configuration: Configuration;
  readonly settings: Settings;
  /** Those that are set up, or the one that was asked for. */
  readonly names: readonly string[];
  /** Opened when it is first asked for. */
  open(name: string): Promise<Provider>;
  table(name: string): Promise<ModelTable>;
  /**
   * Whose account is asked, for what is kept about it; empty for a service with a key, which is a setting. `undefined`:
   * that is only known elsewhere, so nothing may be kept.
   */
  account(name: string): Promise<string | undefined>;
  /** For one question. */
  signal(): AbortSignal;
  close(): Promise<void>;
}

export async function openServices(options: SxOptions, io: Io, warn: (line: string) => void): Promise<Services> {
  const cwd = await openWorkspace(io.cwd, options.cwd);
  const configuration = readConfiguration({
    env: io.env,
    cwd,
    home: io.home,
    overrides: overridesOf(options),
    ...(options.bare ? { only: ["default", "environment", "command line"] as const } : {}),
  });
  for (const line of configuration.warnings) warn(line);
  const secrets = new KnownSecrets(configuration.secrets);
  return servicesOf({ configuration, settings: configuration.settings(), io, secrets, warn, name: options.provider });
}

/** The same for a configuration that is read already. `name`: only this one. */
export async function servicesOf({ name: only, ...opening }: OpenProviderOptions): Promise<Services> {
  const { configuration, settings, io } = opening;
  const opened = new Map<string, Promise<Provider>>();
  return {
    configuration,
    settings,
    names: only === undefined ? await findServices(opening) : [only],
    open(name) {
      const provider = opened.get(name) ?? openProvider({ ...opening, name });
      opened.set(name, provider);
      return provider;
    },
    table: loadModels,
    account: (name) => accountOf(name, settings, io),
    signal: () => AbortSignal.any([io.signal, AbortSignal.timeout(QUESTION_MS)]),
    async close() {
      await Promise.all([...opened.values()].map(async (provider) => (await provider).close()));
    },
  };
}

async function accountOf(name: string, settings: Settings, io: Io): Promise<string | undefined> {
  const { findLogin, isVendorName, tokenSourceOf } = await import("@scorpiox/sxnet/credentials");
  if (!isVendorName(name)) return "";
  const options = { vendor: name, settings, home: io.home, env: io.env };
  if (tokenSourceOf(options) !== "local") return undefined;
  try {
    const { place, credential } = await findLogin(options, io.signal);
    return `${place.path} ${credential.accountId ?? ""}`;
  } catch {
    // A token in a setting, or no login: the one is a setting, the other asks nobody.
    return "";
  }
}

/** Why a question was not answered, in a few words. */
export function whyNot(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return `no answer within ${QUESTION_MS / 1000} s`;
  return error instanceof Error ? error.message : String(error);
}
