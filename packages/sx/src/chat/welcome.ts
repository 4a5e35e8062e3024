import { serviceNames, type Settings } from "@scorpiox/sxnet";
import type { Io } from "@scorpiox/sxutil";

/** The keys that set a service up by themselves. */
const KEYS = ["ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"];

export const WELCOME = `**Welcome to scorpiox code.** Nobody can answer yet: no login and no API key was found on this machine.

- \`scorpiox-config\` sets one up, step by step
- \`scorpiox-codex-fetchtoken login\` signs in with a ChatGPT plan
- \`sx demo\` shows what it does, without an account

Or set \`ANTHROPIC_API_KEY\`, \`GEMINI_API_KEY\` or \`OPENAI_API_KEY\`, and start again.`;

/** Whether anybody could answer, as far as this machine alone tells: files and settings are looked at, nobody is asked. */
export async function canAnswer(settings: Settings, io: Pick<Io, "env" | "home">): Promise<boolean> {
  if (KEYS.some((key) => settings[key] !== undefined)) return true;
  const { isCredentialPresent, isVendorName } = await import("@scorpiox/sxnet/credentials");
  for (const vendor of serviceNames()) {
    if (!isVendorName(vendor)) continue;
    if (await isCredentialPresent({ vendor, settings, home: io.home, env: io.env })) return true;
  }
  return false;
}
