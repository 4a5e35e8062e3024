import { startSim, type Script, type Sim } from "@scorpiox/sim";
import { createProvider, type Provider, type Settings } from "@scorpiox/sxnet";
import { onTestFinished } from "vitest";

/** One way to ask a model: a provider, its wire format, and a model that needs the format in its own way. */
export interface Way {
  readonly name: string;
  readonly provider: string;
  readonly model: string;
  /** Beside the simulator's own. */
  settings?(sim: Sim): Settings;
}

/** The simulator takes a path before `/v1` for a server that imitates the service: no key, and fields of its own. */
const atRouter = (sim: Sim): Settings => ({ ROUTER_URL: `${sim.url}/router` });
const overChat = (): Settings => ({ OPENAI_API: "chat" });
const overResponses = (): Settings => ({ OPENAI_API: "responses" });
const chatElsewhere = (sim: Sim): Settings => ({ ...overChat(), OPENAI_BASE_URL: `${sim.url}/local/v1` });

/** Every provider, and every wire format that one has, once. */
export const ONE_EACH: readonly Way[] = [
  { name: "codex, classic", provider: "codex", model: "gpt-5.5" },
  { name: "codex, lite", provider: "codex", model: "gpt-5.6-terra" },
  { name: "claude_code", provider: "claude_code", model: "claude-sonnet-5-5" },
  { name: "anthropic", provider: "anthropic", model: "claude-sonnet-5-5" },
  { name: "gemini", provider: "gemini", model: "gemini-3.8-flash" },
  { name: "openai, chat", provider: "openai", model: "deepseek-v4-pro", settings: chatElsewhere },
  { name: "openai, responses", provider: "openai", model: "gpt-5.6-terra", settings: overResponses },
  { name: "router service", provider: "router", model: "local/any:7b", settings: atRouter },
];

/** And the models of each that want the same format otherwise. */
export const ALL_WAYS: readonly Way[] = [
  ...ONE_EACH,
  { name: "anthropic, budget", provider: "anthropic", model: "claude-sonnet-4-5-20250929" },
  { name: "anthropic, opus", provider: "anthropic", model: "claude-opus-4-6" },
  { name: "gemini 2.5", provider: "gemini", model: "gemini-2.5-flash" },
  { name: "openai, chat, vendor's model", provider: "openai", model: "gpt-5.6-terra", settings: overChat },
];

/** A simulator for the length of the test, and providers before it. */
export async function openSim(script: Script): Promise<{ sim: Sim; open(way: Way): Promise<Provider> }> {
  const sim = await startSim({ script });
  onTestFinished(() => sim.close());
  const open = async ({ provider: name, settings }: Way): Promise<Provider> => {
    const provider = await createProvider(name, {
      settings: { ...sim.env, ...settings?.(sim) },
      getCredential: async () => ({ accessToken: "sk-ant-oat01-made-up", accountId: "account-made-up" }),
      retry: { maxRetries: 0 },
    });
    onTestFinished(() => provider.close());
    return provider;
  };
  return { sim, open };
}
