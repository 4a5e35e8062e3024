import { mkdirSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { createCredentialSource } from "../../src/credentials/sources.js";
import { claudeLogin, officialLogin } from "./logins.js";
import { describeSource } from "./source-contract.js";
import { hasSshd, type SshServer } from "./ssh/ssh-server.js";
import { SshWorld } from "./ssh/ssh-world.js";

describe.skipIf(!hasSshd)("over a real server", () => {
  let world: SshWorld;
  let server: SshServer;

  beforeAll(async () => {
    world = new SshWorld();
    await world.open();
    server = await world.serve();
  });
  afterAll(() => world.close());

  describeSource("ssh", async ({ home, now }) => {
    mkdirSync(join(home, ".ssh"));
    writeFileSync(join(home, ".ssh/known_hosts"), world.knows(server));
    return {
      source: await createCredentialSource("ssh", { settings: world.settings(server), home, env: {}, now }),
      put: async (login) => world.account.write(".codex/auth.json", JSON.stringify(officialLogin(login))),
      remove: () => rm(join(world.account.home, ".codex/auth.json"), { force: true }),
      secrets: ["rt-secret-1", world.account.password],
    };
  });

  describeSource("ssh (claude_code)", async ({ home, now }) => {
    mkdirSync(join(home, ".ssh"));
    writeFileSync(join(home, ".ssh/known_hosts"), world.knows(server));
    const settings = Object.fromEntries(
      Object.entries(world.settings(server)).map(([key, value]) => [key.replace(/^CODEX_/u, "CLAUDE_CODE_"), value]),
    );
    const options = { vendor: "claude_code", settings, home, env: {}, now } as const;
    return {
      source: await createCredentialSource("ssh", options),
      put: async (login) => world.account.write(".claude/.credentials.json", JSON.stringify(claudeLogin(login))),
      remove: () => rm(join(world.account.home, ".claude/.credentials.json"), { force: true }),
      namesAccount: false,
      secrets: ["sk-ant-ort01-secret-1", world.account.password],
    };
  });
});
