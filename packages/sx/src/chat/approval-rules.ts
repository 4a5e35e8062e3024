import { isAbsolute, relative } from "node:path";
import type { ToolUseBlock } from "@scorpiox/sxnet";
import type { SxTool } from "../tools/tool-context.js";

/** What "always" allows: exactly this, and nothing that merely begins like it. */
export interface ApprovalRule {
  /** Two calls that mean the same have the same key. */
  readonly key: string;
  /** For people; it quotes the model, so it is not safe for a terminal yet. */
  readonly words: string;
}

/** Inputs that do not change what a call does. */
const IRRELEVANT: ReadonlySet<string> = new Set(["timeout_seconds"]);

/**
 * The rule that an "always" to this call would make: for what changes files, this tool on these files; for everything
 * else, this tool with exactly this input in this working folder: the same words do something else in another one.
 * People see paths from `cwd`.
 */
export function ruleOf({ name, input }: ToolUseBlock, tool: SxTool, cwd: string): ApprovalRule {
  const paths = tool.access === "write" ? (tool.writes?.(input) ?? []) : [];
  if (paths.length > 0) {
    const files = [...new Set(paths)].sort();
    return {
      key: JSON.stringify([name, "files", files]),
      words: `${name} of ${files.map((path) => fromFolder(path, cwd)).join(", ")}`,
    };
  }
  const shape = Object.entries(input)
    .filter(([key, value]) => !IRRELEVANT.has(key) && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const { command, workdir } = input;
  const isPlain = typeof command === "string" && shape.every(([key]) => key === "command" || key === "workdir");
  const place = typeof workdir === "string" ? ` in ${workdir}` : "";
  return {
    key: JSON.stringify([name, "input", cwd, canonical(shape)]),
    words: isPlain ? `${name} with exactly: ${command}${place}` : `${name} with exactly: ${JSON.stringify(input)}`,
  };
}

/** A path as people write it in this folder; outside of it, whole. */
function fromFolder(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near === "" || near.startsWith("..") || isAbsolute(near) ? path : near;
}

/** The rules of one session. */
export class ApprovalRules {
  readonly #rules = new Map<string, ApprovalRule>();
  #sessionId: string | undefined;

  /** Those of another session are forgotten. */
  enter(sessionId: string): void {
    if (sessionId !== this.#sessionId) this.#rules.clear();
    this.#sessionId = sessionId;
  }

  add(rule: ApprovalRule): void {
    this.#rules.set(rule.key, rule);
  }

  allows(rule: ApprovalRule): boolean {
    return this.#rules.has(rule.key);
  }

  get all(): readonly ApprovalRule[] {
    return [...this.#rules.values()];
  }
}

/** The same value for the same content, whatever the order of its keys. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, canonical(inner)]);
}
