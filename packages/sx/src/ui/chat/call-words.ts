import type { ToolOutput } from "@scorpiox/sxnet";
import type { SxTool } from "../../tools/tool-context.js";
import { countWords } from "./count-words.js";
import { type Places, shortPath } from "./short-path.js";

type Input = Readonly<Record<string, unknown>>;

/** What is said of the calls of one tool. None of it is safe for a terminal yet. */
interface CallWords {
  /** What the call is about, before and after it ran. */
  about(input: Input, places: Places): string;
  /** What it brought, when it went well. */
  result?(text: string, input: Input): string;
}

const WORDS: Readonly<Record<string, CallWords>> = {
  bash: {
    about: (input, places) =>
      word(input["command"]) +
      (typeof input["workdir"] === "string" ? ` (in ${shortPath(input["workdir"], places)})` : ""),
  },
  read: {
    about: (input, places) => pathOf(input, places) + rangeOf(input),
    result: (text) => countWords(text.split("\n").filter((line) => /^\d+\t/.test(line)).length, "line"),
  },
  edit: { about: pathOf },
  write: { about: pathOf },
  grep: {
    about: (input, places) =>
      `${word(input["pattern"])}${placeOf(input, places)}${input["glob"] === undefined ? "" : ` (${word(input["glob"])})`}`,
    result: (text, input) => matchWords(text, word(input["mode"])),
  },
  glob: {
    about: (input, places) => `${word(input["pattern"])}${placeOf(input, places)}`,
    result: (text) => (text.startsWith("no files") ? "no files" : countWords(listed(text).length, "file")),
  },
  view_image: {
    about: pathOf,
    result: (text) => text.split("\n", 1)[0]?.split(": ").at(-1) ?? "",
  },
};

/** What a call is about, in one line. */
export function aboutCall(name: string, input: Input, tool: SxTool | undefined, places: Places): string {
  const words = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
  const own = words?.about(input, places) ?? "";
  if (own !== "") return own;
  try {
    if (tool !== undefined) return tool.summary(input);
  } catch {
    // The input may not have passed its check: the call's own outcome says so.
  }
  const text = JSON.stringify(input);
  return text === "{}" ? "" : text;
}

/** What a call brought, in a few words; empty where the output speaks for itself. */
export function resultOfCall(name: string, input: Input, output: ToolOutput): string {
  const words = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
  return words?.result?.(textOf(output), input) ?? "";
}

/** All that a tool said, as text. */
export function textOf(output: ToolOutput): string {
  return output.content.map((part) => (part.type === "text" ? part.text : `[image, ${part.mediaType}]`)).join("\n");
}

function word(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function pathOf(input: Input, places: Places): string {
  return shortPath(word(input["path"]), places);
}

function placeOf(input: Input, places: Places): string {
  return typeof input["path"] === "string" ? ` in ${pathOf(input, places)}` : "";
}

function rangeOf({ offset, limit }: Input): string {
  const from = typeof offset === "number" ? offset : 1;
  if (typeof limit === "number") return `:${from}-${from + limit - 1}`;
  return from === 1 ? "" : `:${from}-`;
}

/** The lines of a list that are not remarks. */
function listed(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "" && !/^\[.*\]$/.test(line));
}

function matchWords(text: string, mode: string): string {
  if (text.startsWith("no matches")) return "no matches";
  const lines = listed(text);
  if (mode === "files") return countWords(lines.length, "file");
  if (mode === "count") {
    const total = lines.reduce((sum, line) => sum + Number(/: (\d+)$/.exec(line)?.[1] ?? 0), 0);
    return `${countWords(total, "match")} in ${countWords(lines.length, "file")}`;
  }
  const matches = lines.filter((line) => /^\d+:/.test(line)).length;
  const files = text.split("\n\n").length;
  return `${countWords(matches, "match")} in ${countWords(files, "file")}`;
}
