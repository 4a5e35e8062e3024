import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/** Arrows between the files of this package never turn round, not even for a type, and not in an `import()`. */

const src = fileURLToPath(new URL("../src/", import.meta.url));

/** The sources, by their path below `src`, with the sources that each one imports. */
const imports: ReadonlyMap<string, readonly string[]> = new Map(
  readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .sort()
    .map((file) => [file, importsOf(file, readFileSync(join(src, file), "utf8"))]),
);

function importsOf(file: string, text: string): readonly string[] {
  const found = text.matchAll(/(?:^(?:import|export)\b[^;]*?\bfrom\s*|^import\s*|\bimport\(\s*)"(\.[^"]+)\.js"/gm);
  return [...found].map(([, path]) => `${relative(src, join(src, dirname(file), path ?? ""))}.ts`);
}

/** The first way that leads from a file back to it. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): readonly string[] | undefined => {
    const met = way.indexOf(file);
    if (met !== -1) return [...way.slice(met), file];
    if (done.has(file)) return undefined;
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next, [...way, file]);
      if (cycle !== undefined) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

describe("the files of sxnet", () => {
  it("import each other in one direction only", () => {
    expect(findCycle(imports)?.join(" > ")).toBeUndefined();
  });

  it("are all found, with all that they import", () => {
    expect(imports.size).toBeGreaterThan(80);
    for (const [file, names] of imports)
      for (const name of names) expect(imports.has(name), `${file} > ${name}`).toBe(true);
    const text = readFileSync(join(src, "registry.ts"), "utf8");
    expect(imports.get("registry.ts")).toHaveLength(text.split('"./').length - 1);
  });

  /** What no file of a layer may know, by the beginning of the names. */
  const FORBIDDEN: readonly (readonly [layer: RegExp, unknown: RegExp])[] = [
    [/^(types|errors|sse|retry|http)\b/, /^(wire|provider|models|limits|prefix-cache|registry|run)\b/],
    [/^(provider|models|prefix-cache)\.ts$/, /^(wire|provider-|models-|limits-|prefix-cache-|registry|run)/],
    [/^wire-/, /^(provider-|models-|limits-|prefix-cache-|registry|run|http)/],
    [/^(models|limits)-/, /^(provider-|prefix-cache|registry|run|http)/],
    [/^prefix-cache-/, /^(registry|run)/],
    // The router runs the others, with what it is handed.
    [/^provider-(?!router\.ts)/, /^(registry|run)/],
    [/^run-/, /^(wire|provider-|models-|limits-|registry)/],
    [/^(?!credentials)/, /^credentials/],
    [/^credentials/, /^(wire|provider|registry|run|models)/],
  ];

  it.each(FORBIDDEN)("%s know nothing of %s", (layer, unknown) => {
    const wrong = [...imports].flatMap(([file, names]) =>
      layer.test(file) ? names.filter((name) => unknown.test(name)).map((name) => `${file} > ${name}`) : [],
    );
    expect(wrong).toEqual([]);
  });

  it("list each provider once, in the registry", () => {
    const listed = (imports.get("registry.ts") ?? []).filter((name) => name.startsWith("provider-"));
    const providers = [...imports.keys()].filter((file) => {
      const text = readFileSync(join(src, file), "utf8");
      return /^export const \w+: ProviderSpec\b/m.test(text) && file !== "provider-router-service.ts";
    });
    expect(listed.filter((name) => !name.startsWith("provider-router")).toSorted()).toEqual(providers);
    for (const file of providers) {
      const others = [...imports].filter(([name, known]) => known.includes(file) && name !== "registry.ts");
      // A provider may stand on another one that has the same wire and the same vendor.
      for (const [name] of others) expect(name).toMatch(/^provider-/);
    }
    expect(imports.get("provider-router.ts")).toContain("provider-router-service.ts");
  });

  it("would be seen to turn round", () => {
    const graph = new Map([
      ["a", ["b"]],
      ["b", ["c", "d"]],
      ["c", []],
      ["d", ["b"]],
    ]);
    expect(findCycle(graph)).toEqual(["b", "d", "b"]);
    expect(importsOf("x/a.ts", 'import type { A } from "../b.js";\nconst c = await import("./c.js");')).toEqual([
      "b.ts",
      "x/c.ts",
    ]);
    expect(
      importsOf("a.ts", 'import {\n  A,\n} from "./b.js";\nexport * from "./c.js";\nimport "./d.js";'),
    ).toHaveLength(3);
  });
});
