import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));
const conditions = ["@scorpiox/source", "node", "import", "module", "default"];

// One project a package, so that `--project sxnet` runs one of them. Packages resolve to their sources: only the
// tests that start a real command need a build first.
export default defineConfig({
  root,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", "./scripts/closing-line-reporter.mjs"],
    coverage: { provider: "v8", include: ["packages/*/src/**/*.ts"] },
    projects: [
      ...readdirSync(`${root}packages`).map((name) => ({
        extends: true as const,
        test: { name, root: `${root}packages/${name}`, include: ["test/**/*.test.ts"] },
      })),
      { extends: true as const, test: { name: "scripts", root: `${root}scripts`, include: ["test/**/*.test.mjs"] } },
    ],
  },
});
