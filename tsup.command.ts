import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import type { Options } from "tsup";

/**
 * How a command is bundled: `dist/bin.cjs` is the few lines that own the process, `dist/main.cjs` the whole program as
 * one minified CommonJS file whose dynamic imports stay lazy inside the file. The last line of `main.cjs` names its
 * content, so that a V8 code cache made for one build is never used for another of the same length.
 */
export function commandBundle(): Options[] {
  const shared: Options = {
    format: ["cjs"],
    target: "node20",
    platform: "node",
    minify: true,
    splitting: false,
    sourcemap: false,
    noExternal: [/.*/],
    silent: true,
    esbuildOptions(options) {
      options.conditions = ["@scorpiox/source", "module", "import"];
      options.legalComments = "none";
      options.supported = { ...options.supported, "dynamic-import": false };
    },
  };
  return [
    { ...shared, entry: { bin: "src/bin.ts" } },
    {
      ...shared,
      entry: { main: "src/main.ts" },
      async onSuccess() {
        const text = await readFile("dist/main.cjs", "utf8");
        const id = createHash("sha256").update(text).digest("hex").slice(0, 32);
        await writeFile("dist/main.cjs", `${text.trimEnd()}\n//build ${id}\n`);
      },
    },
  ];
}

/** How a library is bundled: ES modules, entry points only; `tsc` writes the declarations beside them. */
export function libraryBundle(entry: Record<string, string>): Options {
  return {
    entry,
    format: ["esm"],
    target: "node20",
    platform: "node",
    clean: true,
    sourcemap: true,
    dts: false,
    silent: true,
  };
}
