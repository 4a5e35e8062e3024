import { expect, it } from "vitest";
import { readConfiguration } from "../src/cascade.js";
import { refuseUntrusted, type Requirement } from "../src/trust-required.js";
import { makeSampleHome } from "./sample-home.js";

type Rest = Partial<Requirement> & { env?: Record<string, string> };

it.each<[name: string, text: string, rest: Rest, refused: string | undefined]>([
  ["the address of the provider", "CODEX_BASE_URL=http://x", {}, "CODEX_BASE_URL"],
  ["where its token comes from", "CODEX_TOKEN_SOURCE=remote", {}, "CODEX_TOKEN_SOURCE"],
  ["another provider's", "OPENAI_BASE_URL=http://x", {}, undefined],
  ["what does not matter as things are set", "CODEX_SSH_HOST=x", {}, undefined],
  ["what matters then", "CODEX_SSH_HOST=x", { env: { CODEX_TOKEN_SOURCE: "ssh" } }, "CODEX_SSH_HOST"],
  ["what somebody has set above", "CODEX_BASE_URL=http://x", { env: { CODEX_BASE_URL: "http://y" } }, undefined],
  ["what the run has decided", "CODEX_TOKEN_SOURCE=ssh", { decided: { CODEX_TOKEN_SOURCE: "local" } }, undefined],
  ["what the run has no use for", "CODEX_BASE_URL=http://x", { unused: ["CODEX_BASE_URL"] }, undefined],
  ["the router's", "ROUTER_URL=http://x", { provider: "router" }, "ROUTER_URL"],
  ["what no project may set at all", "SX_APPROVAL_MODE=all", {}, undefined],
])("%s", (_name, text, { env, ...rest }, refused) => {
  const sample = makeSampleHome({ "./scorpiox-env.txt": text });
  const configuration = readConfiguration({ ...sample, env: { ...sample.env, ...env } });
  const judge = (): void => refuseUntrusted(configuration, { provider: "codex", home: sample.home, ...rest });
  if (refused === undefined) expect(judge).not.toThrow();
  else {
    expect(judge).toThrow(expect.objectContaining({ code: "untrusted", exitCode: 55 }) as Error);
    expect(judge).toThrow(`needed: ${refused} (project tier, ~/project/scorpiox-env.txt line 1); look at it with`);
  }
});
