import { findKey } from "@scorpiox/sxutil";
import type { Probe } from "@scorpiox/sxnet/credentials";
import { durationWords } from "../duration-words.js";
import { findServices } from "../open-provider.js";
import type { ExamineOptions } from "./examine-options.js";
import type { Finding } from "./finding.js";

/** For each address, all side by side. */
const PROBE_MS = 10_000;
/** Tokens seem to begin later or end earlier by so much. */
const SKEW_MS = 300_000;

/** The setting with the address of each provider. */
const ENDPOINTS: Readonly<Record<string, string>> = {
  codex: "CODEX_BASE_URL",
  claude_code: "CLAUDE_CODE_API_URL",
  anthropic: "ANTHROPIC_API_URL",
  gemini: "GEMINI_BASE_URL",
  openai: "OPENAI_BASE_URL",
};

interface Target {
  readonly provider: string;
  readonly key: string;
  readonly address: string;
}

/** Whether every host that would be asked is reached, the way that requests take; nobody is told a credential. */
export async function examineNetwork(options: ExamineOptions): Promise<readonly Finding[]> {
  const { configuration, io } = options;
  const settings = configuration.settings();
  const { probeAddress, readNetworkOptions } = await import("@scorpiox/sxnet/credentials");
  const network = await readNetworkOptions({ settings, env: io.env, home: io.home });
  const targets = await listTargets(options);
  const probes = await Promise.all(
    targets.map(async ({ provider, key, address }) => {
      const withoutSecrets = settings[`${provider.toUpperCase()}_API_KEY`] === undefined;
      const local = provider === "openai" || provider === "router" ? { withoutSecrets } : {};
      const how = { key, provider, network, timeoutMs: PROBE_MS, signal: io.signal, ...local };
      return probeAddress(address, how);
    }),
  );
  const via = network.caName === undefined ? "" : `, trusting also ${network.caName}`;
  if (targets.length === 0) return [{ area: "network", level: "skipped", text: "nobody is set up who could be asked" }];
  return [...targets.map((target, at) => describeProbe(target, probes[at], via)), describeClock(probes)];
}

async function listTargets({ configuration, io, secrets }: ExamineOptions): Promise<readonly Target[]> {
  const settings = configuration.settings();
  const names = await findServices({ configuration, settings, io, secrets });
  const { isVendorName, tokenSourceOf } = await import("@scorpiox/sxnet/credentials");
  const keys = names.flatMap((provider): readonly [string, string][] => {
    const endpoint = ENDPOINTS[provider];
    const own: readonly [string, string][] = endpoint === undefined ? [] : [[provider, endpoint]];
    if (!isVendorName(provider)) return own;
    const source = tokenSourceOf({ vendor: provider, settings });
    const prefix = provider.toUpperCase();
    if (source === "remote") return [...own, [provider, `${prefix}_REMOTE_URL`]];
    // A token that a setting holds is used as it is; nobody renews it.
    const isRenewed = source === "local" && (settings[`${prefix}_OAUTH_TOKEN`] ?? "") === "";
    return isRenewed ? [...own, [provider, `${prefix}_OAUTH_URL`]] : own;
  });
  if (settings["ROUTER_URL"] !== undefined) keys.push(["router", "ROUTER_URL"]);
  return keys.flatMap(([provider, key]) => {
    const address = settings[key] ?? findKey(key)?.builtIn;
    return address === undefined ? [] : [{ provider, key, address }];
  });
}

function describeProbe({ provider, key }: Target, probe: Probe | undefined, via: string): Finding {
  const area = `network ${provider}`;
  if (probe === undefined) return { area, level: "skipped", text: `${key} was not tried` };
  if (!probe.reached) {
    const [what, advice] = split(probe.message);
    return { area, level: "error", text: `${probe.hop}: ${what}`, ...(advice === "" ? {} : { advice }) };
  }
  const { place, status, proxy, tookMs } = probe;
  const way = proxy === undefined ? "" : ` through the proxy ${proxy}`;
  const text = `${place}${way} answers with status ${status} after ${tookMs} ms${via}`;
  if (status < 500) return { area, level: "ok", text };
  return { area, level: "warning", text, advice: "the service has trouble; try again later" };
}

/** Our messages say what failed, and after a semicolon what to do. */
function split(message: string): readonly [string, string] {
  const at = message.lastIndexOf("; ");
  return at === -1 ? [message, ""] : [message.slice(0, at), message.slice(at + 2)];
}

/** By the first who told the time. */
export function describeClock(probes: readonly Probe[]): Finding {
  const area = "clock";
  const skewMs = probes.flatMap((probe) => (probe.reached && probe.skewMs !== undefined ? [probe.skewMs] : []))[0];
  if (skewMs === undefined) return { area, level: "skipped", text: "no server told the time" };
  const by = durationWords(Math.round(Math.abs(skewMs) / 1000));
  if (Math.abs(skewMs) < SKEW_MS) return { area, level: "ok", text: `within ${by} of the servers'` };
  const text = `this machine's clock is ${by} ${skewMs > 0 ? "behind" : "ahead of"} the servers'`;
  return { area, level: "warning", text, advice: "set it: logins seem to end at the wrong time" };
}
