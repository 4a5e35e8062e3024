import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, expectTypeOf, it } from "vitest";
import * as sxnet from "../src/index.js";
import type { ProviderErrorCode, StopReason, StreamEvent, Turn, TurnResult, Usage } from "../src/index.js";

const src = fileURLToPath(new URL("../src/", import.meta.url));
/** The provider half: everything but the credentials, which touch disk. */
const files = readdirSync(src)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => [file, readFileSync(src + file, "utf8")] as const);

function importsOf(text: string): readonly string[] {
  const found = text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)["']([^"']+)["']/g);
  return [...found].map(([, name]) => name ?? "");
}

/** Good enough for our own sources: comments may name whom they like. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "");
}

describe("@scorpiox/sxnet", () => {
  it("exports these values, and no other", () => {
    expect(Object.keys(sxnet).sort()).toEqual([
      "NO_USAGE",
      "ProviderError",
      "VERSION",
      "addUsage",
      "createProvider",
      "findModel",
      "findSchemaProblem",
      "findSetUp",
      "loadModels",
      "nearestEffort",
      "providerNames",
      "readImageHeader",
      "resolveModel",
      "runTools",
      "serviceNames",
      "takeBatches",
    ]);
  });

  it("keeps the words that others switch over", () => {
    expectTypeOf<StreamEvent["type"]>().toEqualTypeOf<
      | "block_start"
      | "text_delta"
      | "thinking_delta"
      | "tool_input_delta"
      | "block_end"
      | "retry"
      | "limits"
      | "route"
      | "done"
    >();
    expectTypeOf<StopReason>().toEqualTypeOf<
      "end_turn" | "tool_use" | "max_tokens" | "stop_sequence" | "refusal" | "context_full" | "pause"
    >();
    expectTypeOf<keyof Usage>().toEqualTypeOf<
      "inputTokens" | "cacheReadTokens" | "cacheWriteTokens" | "outputTokens" | "reasoningTokens"
    >();
    expectTypeOf<Turn["result"]>().returns.resolves.toEqualTypeOf<TurnResult>();
    expectTypeOf<"stream_incomplete">().toExtend<ProviderErrorCode>();
  });

  it("knows a ProviderError of another copy of itself", () => {
    expect(sxnet.ProviderError.is(new sxnet.ProviderError("network", "x"))).toBe(true);
    const foreign = Object.defineProperty(new Error("x"), Symbol.for("@scorpiox/sxnet/ProviderError"), { value: true });
    expect(sxnet.ProviderError.is(foreign)).toBe(true);
    for (const other of [new Error("x"), null, undefined, "x", {}]) expect(sxnet.ProviderError.is(other)).toBe(false);
  });
});

const VENDOR = /codex|chatgpt|openai|anthropic|claude|gemini|google/i;
/** index.ts only passes on what the model tables export. */
const MAY_NAME_VENDORS = /^(registry|index|(provider|models|limits|prefix-cache)-[\w-]+)\.ts$/;
/** Checks of schemas are stopped by it. */
const STOPPER = /^node:vm$/;
const TRANSPORT = /^node:(http|https|net|tls|dns|zlib|stream|url)$/;

describe.each(files)("%s", (file, text) => {
  it("imports neither files, nor the process, nor what commands share", () => {
    for (const name of importsOf(text)) {
      if (name.startsWith("./")) {
        expect(name, file).not.toMatch(/credentials/);
        continue;
      }
      const allowed = file.startsWith("http")
        ? TRANSPORT
        : file === "bounded-run.ts"
          ? STOPPER
          : /^@cfworker\/json-schema$/;
      expect(name, file).toMatch(allowed);
    }
    expect(withoutComments(text)).not.toMatch(/\bprocess\.|\bconsole\.|\benv\b/);
  });

  it("names no vendor, unless that is its subject", () => {
    if (!MAY_NAME_VENDORS.test(file)) expect(withoutComments(text)).not.toMatch(VENDOR);
  });

  it("does nothing when it is loaded", () => {
    const statements = withoutComments(text)
      .split("\n")
      .filter((line) => /^[^\s})\]]/.test(line));
    for (const line of statements) {
      expect(line).toMatch(/^(import|export|const|function|async function|class|interface|type)\b/);
    }
  });
});

it("the rules above find what they forbid", () => {
  expect(importsOf('import fs from "node:fs";\nconst a = await import("./b.js");')).toEqual(["node:fs", "./b.js"]);
  expect(withoutComments("a // codex\n/* openai\n */ b")).not.toMatch(VENDOR);
  expect(withoutComments('const name = "codex";')).toMatch(VENDOR);
});
