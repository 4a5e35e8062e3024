import type { CommandSpec } from "../src/command-line.js";

/** A command with everything that completion and man page can meet. */
export const SAMPLE = {
  name: "sx-tool",
  summary: "Does one thing, and isn't sorry: it's `that` simple.",
  usage: ["[options]", "add [NAME]", "shell bash|fish"],
  commands: [
    { name: "add [NAME]", help: "adds: one, or 'two'", options: ["force", "note"] },
    { name: "shell NAME", help: "prints a script", options: [], words: ["bash", "fish"] },
  ],
  examples: [{ command: String.raw`sx-tool --input 'C:\new' | head`, help: ".starts with a dot" }],
  options: [
    { name: "format", type: "string", value: "FORMAT", choices: ["json", "token-only"], help: "what: to print" },
    { name: "input", short: "i", type: "string", value: "FILE", help: "what's read" },
    { name: "count", type: "number", help: "how many [1]" },
    { name: "config", type: "boolean", singleDash: ["config"], help: "old" },
    { name: "force", type: "boolean", help: "even so", group: "Adding" },
    { name: "note", type: "string", help: "say $(why)", group: "Adding" },
    { name: "secret-door", type: "boolean", hidden: true, help: "not shown" },
    { name: "help", short: "h", type: "boolean", help: "show this help" },
  ],
  footer: ["Exit codes: 0 done.", "'quoted' at the start of a line, and a back\\slash."],
} as const satisfies CommandSpec;
