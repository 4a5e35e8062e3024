import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

const ssh2 = createRequire(import.meta.url).resolve("ssh2");

/**
 * Bundles `scripts/NAME.ts` of this folder, with the sources it imports, into one file in `folder` that plain node
 * runs: for tests that need many real processes. @returns the path of the file.
 */
export async function bundleScript(name: string, folder: string): Promise<string> {
  await build({
    config: false,
    entry: { [name]: fileURLToPath(new URL(`scripts/${name}.ts`, import.meta.url)) },
    outDir: folder,
    format: ["cjs"],
    target: "node20",
    silent: true,
    clean: false,
    dts: false,
    noExternal: [/.*/],
    esbuildPlugins: [
      {
        name: "ssh2",
        // Its optional native parts cannot be bundled.
        setup: (build) => build.onResolve({ filter: /^ssh2$/ }, () => ({ path: ssh2, external: true })),
      },
    ],
    esbuildOptions(options) {
      options.conditions = ["@scorpiox/source", "module", "import"];
    },
  });
  return join(folder, `${name}.cjs`);
}
