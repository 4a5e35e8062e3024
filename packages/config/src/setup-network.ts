import { join } from "node:path";
import {
  createProvider,
  loadModels,
  type ListedModel,
  type NetworkOptions,
  type Provider,
  type Settings,
} from "@scorpiox/sxnet";
import {
  checkConnection,
  createCredentialSource,
  type CredentialSource,
  type CheckedHop,
  isVendorName,
  readNetworkOptions,
  tokenSourceOf,
  type VendorName,
} from "@scorpiox/sxnet/credentials";
import { type Io, readConfiguration } from "@scorpiox/sxutil";
import { LOCAL_PORTS } from "./setup-questions.js";
import type { Choice } from "./choice.js";

const LIST_TIMEOUT_MS = 8000;
const PROBE_TIMEOUT_MS = 1000;
const MAX_MODELS = 500;

/** The settings as they would be with these values on top. */
export function settingsWith(values: readonly (readonly [string, string])[], io: Io): Settings {
  const surroundings = { env: io.env, cwd: io.cwd, home: io.home, lenient: true };
  return readConfiguration({ ...surroundings, overrides: values.map(([key, value]) => [key, value]) }).settings();
}

/** The models that the table knows for a provider of the setup. */
export async function knownModels(provider: string): Promise<readonly Choice[]> {
  const aliases = ["opus", "sonnet", "haiku"];
  if (provider === "scorpiox") return aliases.map((value) => ({ value, hint: "of whoever is asked" }));
  if (provider === "local") return [];
  const table = await loadModels(provider);
  const living = table.models.filter(({ retired }) => retired === undefined);
  const gone = table.models.filter(({ retired }) => retired !== undefined);
  return [
    ...living.map(({ id, note }) => ({ value: id, hint: note })),
    ...gone.map(({ id, retired }) => ({ value: id, hint: `retired ${retired ?? ""}` })),
    ...Object.entries(table.aliases).map(([value, id]) => ({ value, hint: `stands for ${id}` })),
  ];
}

/** The models that the service lists, within 8 seconds; `undefined` where it cannot be asked or has no list. */
export async function listedModels(settings: Settings, io: Io): Promise<readonly Choice[] | undefined> {
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(LIST_TIMEOUT_MS)]);
  let provider: Provider | undefined;
  try {
    provider = await openService(settings, io);
    const listed = (await provider.listModels?.({ signal })) ?? [];
    return listed.length === 0 ? undefined : listed.slice(0, MAX_MODELS).map(asChoice);
  } catch {
    if (io.signal.aborted) throw io.signal.reason;
    // Whatever it was, the table is offered instead, and the check at the end tells what is wrong.
    return undefined;
  } finally {
    await provider?.close();
  }
}

function asChoice({ id, note }: ListedModel): Choice {
  return note === undefined ? { value: id } : { value: id, hint: note };
}

/** The addresses on this machine at which something speaks HTTP where servers for models do. Asks loopback only. */
export async function findLocalServers(
  signal: AbortSignal,
  ports: readonly number[] = LOCAL_PORTS,
): Promise<readonly string[]> {
  const found = await Promise.all(ports.map((port) => isServer(`http://127.0.0.1:${port}`, signal)));
  return ports.filter((_port, index) => found[index] === true).map((port) => `http://127.0.0.1:${port}`);
}

async function isServer(address: string, signal: AbortSignal): Promise<boolean> {
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]);
    const answer = await fetch(`${address}/v1/models`, { signal: bounded, redirect: "error" });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    // Nobody is there, or nobody who speaks this.
    return false;
  }
}

/** Goes the way to an answer with the configuration as it is now. */
export async function* checkSetup(
  settings: Settings,
  withRequest: boolean,
  io: Io,
): AsyncGenerator<CheckedHop, void, undefined> {
  const provider = settings["PROVIDER"] ?? "scorpiox";
  const source = isVendorName(provider) ? await openSource(provider, settings, io) : undefined;
  yield* checkConnection({
    provider,
    settings,
    env: io.env,
    home: io.home,
    signal: io.signal,
    ...(source === undefined ? {} : { login: { source: source.name, get: (signal) => source.get({ signal }) } }),
    ...(withRequest
      ? {
          request: {
            model: settings["MODEL"] ?? "sonnet",
            send: (network, signal) => sendOne(settings, io, network, signal),
          },
        }
      : {}),
  });
}

/** The smallest request that shows that answers come. */
async function sendOne(settings: Settings, io: Io, network: NetworkOptions, signal: AbortSignal): Promise<void> {
  const service = await openService(settings, io, network);
  try {
    const messages = [{ role: "user", content: [{ type: "text", text: "Answer with the word OK." }] }] as const;
    await service.stream({ model: settings["MODEL"] ?? "sonnet", messages }, { signal }).result();
  } finally {
    await service.close();
  }
}

async function openService(settings: Settings, io: Io, given?: NetworkOptions): Promise<Provider> {
  const network = given ?? (await readNetworkOptions({ settings, env: io.env, home: io.home }));
  let source: CredentialSource | undefined;
  return await createProvider(settings["PROVIDER"] ?? "scorpiox", {
    settings,
    network,
    retry: { maxRetries: 0 },
    getCredential: async ({ provider, rejected, signal }) => {
      if (!isVendorName(provider)) throw new TypeError(`${provider} has no credential source`);
      source ??= await openSource(provider, settings, io);
      return await source.get({ rejected, signal });
    },
  });
}

async function openSource(vendor: VendorName, settings: Settings, io: Io): Promise<CredentialSource> {
  const { env, home, execPath } = io;
  return await createCredentialSource(tokenSourceOf({ vendor, settings }), {
    vendor,
    settings,
    home,
    env,
    now: Date.now,
    // `refresher.cjs` is built beside the program.
    refresher: execPath === undefined ? undefined : { command: execPath, args: [join(__dirname, "refresher.cjs")] },
  });
}
