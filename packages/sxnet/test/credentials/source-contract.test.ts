import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCredentialSource } from "../../src/credentials/sources.js";
import { claudeLogin, officialLogin } from "./logins.js";
import { describeSource } from "./source-contract.js";

describeSource("local", async ({ home, now }) => {
  const path = join(home, ".codex/auth.json");
  await mkdir(join(home, ".codex"));
  return {
    source: await createCredentialSource("local", { settings: {}, home, env: {}, now }),
    put: (login) => writeFile(path, JSON.stringify(officialLogin(login)), { mode: 0o600 }),
    remove: () => rm(path, { force: true }),
    secrets: ["rt-secret-1"],
  };
});

describeSource("local (claude_code)", async ({ home, now }) => {
  const path = join(home, ".claude/.credentials.json");
  await mkdir(join(home, ".claude"));
  return {
    source: await createCredentialSource("local", { vendor: "claude_code", settings: {}, home, env: {}, now }),
    put: (login) => writeFile(path, JSON.stringify(claudeLogin(login)), { mode: 0o600 }),
    remove: () => rm(path, { force: true }),
    namesAccount: false,
    secrets: ["sk-ant-ort01-secret-1"],
  };
});
