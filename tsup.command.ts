import { createHash } from "node:crypto";
import * as filePromises from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Options } from "tsup";

type Plugin = NonNullable<Options["esbuildPlugins"]>[number];
type BuildResult = Parameters<Parameters<Parameters<Plugin["setup"]>[0]["onEnd"]>[0]>[0];

/**
 * How a command is bundled: `dist/bin.cjs` is the few lines that own the process, `dist/main.cjs` the whole program as
 * one minified CommonJS file whose dynamic imports stay lazy inside the file; what few runs need at all is a file of its
 * own beside it. The last line of `main.cjs` names its content, so that a V8 code cache made for one build is never used
 * for another of the same length. With `refresher` there is also `dist/refresher.cjs`, the program that exchanges a
 * refresh token and outlives whoever starts it.
 *
 * `parts` are paths through the program that most runs do not take, as `{name: module}`: `import()` of that module
 * becomes the load of `dist/NAME.part.cjs`, a whole program of its own that shares nothing with `main.cjs` but the
 * values handed to it. So a start reads and compiles only its own path.
 */
export function commandBundle({
  refresher = false,
  parts = {},
}: { readonly refresher?: boolean; readonly parts?: Readonly<Record<string, string>> } = {}): Options[] {
  const shared: Options = {
    format: ["cjs"],
    target: "node20",
    platform: "node",
    minify: true,
    splitting: false,
    sourcemap: false,
    noExternal: [/.*/],
    // Otherwise the prefix is gone before our own plugin sees it.
    removeNodeProtocol: false,
    silent: true,
    esbuildPlugins: [lazyFilePromises(), lazyHash(), bundledLibraries()],
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
      esbuildPlugins: [externalParts(parts), ...(shared.esbuildPlugins ?? [])],
      onSuccess: () => signBuild("dist/main.cjs"),
    },
    ...Object.entries(parts).map(([name, module]) => ({
      ...shared,
      entry: { [`${name}.part`]: module },
      onSuccess: () => signBuild(`dist/${name}.part.cjs`),
    })),
    ...(refresher ? [{ ...shared, entry: { refresher: "../sxnet/src/credentials/refresh/refresher-bin.ts" } }] : []),
  ];
}

async function signBuild(path: string): Promise<void> {
  const text = await filePromises.readFile(path, "utf8");
  const id = createHash("sha256").update(text).digest("hex").slice(0, 32);
  await filePromises.writeFile(path, `${text.trimEnd()}\n//build ${id}\n`);
}

/** Keeps the parts out of `main.cjs`. Only dynamic imports may name them. */
function externalParts(parts: Readonly<Record<string, string>>): Plugin {
  const names = new Map(Object.entries(parts).map(([name, module]) => [resolve(module), name]));
  return {
    name: "external-parts",
    setup(build) {
      build.onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, resolveDir, kind }) => {
        const name = names.get(join(resolveDir, path.replace(/\.js$/, ".ts")));
        if (name === undefined) return undefined;
        if (kind !== "dynamic-import") return { errors: [{ text: `${path} is a part: import it dynamically` }] };
        return { path: `./${name}.part.cjs`, external: true };
      });
    },
  };
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
    esbuildPlugins: [bundledLibraries()],
  };
}

/**
 * Loads `node:fs/promises` when one of its functions is first called. An import costs every start of a command more than
 * half a millisecond, also those that only read a file or two, synchronously.
 */
function lazyFilePromises(): Plugin {
  const names = Object.entries(filePromises).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
  const contents = names
    .map((name) => `export const ${name} = (...all) => require("node:fs").promises.${name}(...all);`)
    .join("\n");
  return {
    name: "lazy-file-promises",
    setup(build) {
      build.onResolve({ filter: /^node:fs\/promises$/ }, () => ({ path: "node:fs/promises", namespace: "lazy" }));
      build.onLoad({ filter: /.*/, namespace: "lazy" }, () => ({ contents, loader: "js" }));
    },
  };
}

/** Loads `node:crypto` when the first file of a project is hashed, where the start path may come to that; the others say when. */
function lazyHash(): Plugin {
  const contents = 'export const createHash = (name) => require("node:crypto").createHash(name);';
  return {
    name: "lazy-hash",
    setup(build) {
      build.onResolve({ filter: /^node:crypto$/ }, ({ path, importer }) =>
        importer.endsWith("content-hash.ts") ? { path, namespace: "lazy-hash" } : undefined,
      );
      build.onLoad({ filter: /.*/, namespace: "lazy-hash" }, () => ({ contents, loader: "js" }));
    },
  };
}

/** Large libraries that few runs need. Whoever imports one does so dynamically, in one place. */
const LAZY = /^(?:ssh2|highlight\.js\/lib\/common)$/;

/**
 * Keeps a lazy library out of the program: `import("ssh2")` becomes the load of `ssh2.cjs` in the same folder, which is
 * written as well (a name with folders is one file too). Its optional native parts stay out, as it does without them. Besides, `THIRD_PARTY_NOTICES.txt` gets
 * the licences of everything by others that was bundled, lazily or not.
 */
function bundledLibraries(): Plugin {
  const packages = new Set<string>();
  return {
    name: "bundled-libraries",
    setup(build) {
      const { outdir = "dist", target = "node20" } = build.initialOptions;
      const inner = Symbol("resolved by ourselves");
      const used = new Map<string, string>();
      build.initialOptions.metafile = true;
      build.onResolve({ filter: LAZY }, async ({ path: name, resolveDir, pluginData }) => {
        if (pluginData === inner) return undefined;
        // Its CommonJS form, where it has two: what is exported is then what `default` gives, as without the bundle.
        const { path, errors } = await build.resolve(name, { kind: "require-call", resolveDir, pluginData: inner });
        if (errors.length > 0) return { errors };
        const file = `${name.replaceAll("/", "-")}.cjs`;
        used.set(file, path);
        return { path: `./${file}`, external: true };
      });
      build.onEnd(async (result) => {
        collectPackages(result, packages);
        for (const [file, path] of used) {
          const library = await build.esbuild.build({
            entryPoints: [path],
            outfile: join(outdir, file),
            bundle: true,
            format: "cjs",
            platform: "node",
            target,
            minify: true,
            legalComments: "none",
            external: ["cpu-features", "*.node"],
            metafile: true,
            logLevel: "error",
          });
          collectPackages(library, packages);
        }
        if (packages.size === 0) return;
        // Of a fresh checkout the folder is not there yet: the outputs are written after this.
        await filePromises.mkdir(outdir, { recursive: true });
        await filePromises.writeFile(join(outdir, "THIRD_PARTY_NOTICES.txt"), await readNotices(packages));
      });
    },
  };
}

/** The folders of the packages by others of which something has gone into an output. */
function collectPackages({ metafile }: Pick<BuildResult, "metafile">, packages: Set<string>): void {
  for (const { inputs } of Object.values(metafile?.outputs ?? {})) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0];
      if (folder !== undefined && bytesInOutput > 0) packages.add(folder);
    }
  }
}

async function readNotices(packages: ReadonlySet<string>): Promise<string> {
  const notices = new Map<string, string>();
  for (const folder of packages) {
    const { name, version, license, licenses, author } = JSON.parse(
      await filePromises.readFile(join(folder, "package.json"), "utf8"),
    );
    const files = (await filePromises.readdir(folder))
      .filter((file) => /^(licen[cs]e|copying|notice)\b/i.test(file))
      .sort();
    const texts = await Promise.all(files.map((file) => filePromises.readFile(join(folder, file), "utf8")));
    // Some packages only name their licence.
    if (texts.length === 0) texts.push(`By ${author?.name ?? author ?? `the authors of ${name}`}.`);
    const title = `${name} ${version} (${license ?? licenses?.[0]?.type ?? "see below"})`;
    notices.set(title, texts.map((text) => text.trim()).join("\n\n"));
  }
  const sorted = [...notices].sort(([a], [b]) => (a < b ? -1 : 1));
  const sections = sorted.map(([title, text]) => `${title}\n${"-".repeat(title.length)}\n\n${text}\n`);
  return `This program contains the following software by others.\n\n${sections.join("\n\n")}`;
}
