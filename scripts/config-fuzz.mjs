// 100,000 generated configuration files, profiles and lists of trusted projects against every command of scorpiox-config
// that reads them. `node scripts/config-fuzz.mjs [FILES] [SEED]`; the tests run a small number of the same.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const [files = "100000", seed = "1"] = process.argv.slice(2);
const root = fileURLToPath(new URL("..", import.meta.url));
const argv = [
  "run",
  "--config",
  "vitest.workspace.ts",
  "--project",
  "config",
  "packages/config/test/config-fuzz.test.ts",
];
const env = { ...process.env, SX_FUZZ_FILES: files, SX_FUZZ_SEED: seed };
const { status } = spawnSync("node_modules/.bin/vitest", argv, { cwd: root, env, stdio: "inherit" });
process.exitCode = status ?? 1;
