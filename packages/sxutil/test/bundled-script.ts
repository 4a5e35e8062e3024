import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

/**
 * Bundles `scripts/NAME.ts` of this folder, with the sources it imports, into one file in `folder` that plain node
 * runs: for tests that need a real process to kill. @returns the path of the file.
 */
export async function bundleScript(name: string, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await build({
    config: false,
    entry: { [name]: fileURLToPath(new URL(`scripts/${name}.ts`, import.meta.url)) },
    outDir: folder,
    format: ["cjs"],
    target: "node20",
    silent: true,
    clean: false,
    dts: false,
    esbuildOptions(options) {
      options.conditions = ["@scorpiox/source", "module", "import"];
    },
  });
  return join(folder, `${name}.cjs`);
}
