import { providerNames } from "@scorpiox/sxnet";
import { findServices } from "../open-provider.js";
import type { ExamineOptions } from "./examine-options.js";
import type { Finding } from "./finding.js";

/** Who could be asked: a credential is there, or an address that needs none. Whether it still holds is not tried. */
export async function examineCredentials({ configuration, io, secrets }: ExamineOptions): Promise<readonly Finding[]> {
  const settings = configuration.settings();
  const wanted = settings["PROVIDER"] ?? "scorpiox";
  const ready = await findServices({ configuration, settings, io, secrets });
  if (!providerNames().includes(wanted)) {
    return [
      {
        area: "provider",
        level: "error",
        text: `there is no provider ${wanted} ${configuration.describe("PROVIDER")}`,
        advice: `choose ${providerNames().join(", ")}`,
      },
    ];
  }
  if (ready.length === 0) {
    return [
      {
        area: "credentials",
        level: "error",
        text: "no login and no API key was found",
        advice: "scorpiox-codex-fetchtoken login, or set an API key; sx demo needs neither",
      },
    ];
  }
  const credentials: Finding = { area: "credentials", level: "ok", text: `present for ${ready.join(", ")}` };
  const provider: Finding =
    wanted === "scorpiox" || ready.includes(wanted)
      ? { area: "provider", level: "ok", text: `${wanted} ${configuration.describe("PROVIDER")}` }
      : {
          area: "provider",
          level: "warning",
          text: `${wanted} is chosen ${configuration.describe("PROVIDER")}, and nothing is set up for it`,
          advice: `log in to it, or choose one of ${ready.join(", ")}`,
        };
  return [provider, credentials];
}
