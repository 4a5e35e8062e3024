import { describe, expect, it } from "vitest";
import { formatHelp } from "../src/command-help.js";
import type { CommandSpec } from "../src/command-line.js";

const spec = {
  name: "tool",
  summary: "does one thing",
  usage: ["[text]", "get KEY", ""],
  examples: [{ command: "tool hello", help: "says hello" }],
  commands: [{ name: "get KEY", help: "prints one value" }],
  options: [
    { name: "print", short: "p", type: "string", value: "PROMPT", help: "one answer, then the end" },
    { name: "max-turns", type: "number", help: "upper bound", group: "Limits" },
    { name: "format", type: "string", choices: ["text", "json"], help: "what is printed" },
    { name: "set", type: "string", repeatable: true, value: "KEY=VALUE", help: "one value" },
    { name: "config", type: "boolean", aliases: ["conf"], singleDash: ["config"], help: "old names" },
    { name: "secret-door", type: "boolean", hidden: true, help: "not shown" },
  ],
  footer: ["See the manual."],
} as const satisfies CommandSpec;

describe("formatHelp", () => {
  it("shows the whole table", () => {
    expect(formatHelp(spec, { columns: 60, color: false })).toBe(`tool: does one thing

Usage:
  tool [text]
  tool get KEY
  tool

Examples:
  tool hello  says hello

Commands:
  get KEY  prints one value

Options:
  -p, --print PROMPT        one answer, then the end
      --format VALUE        what is printed (text, json)
      --set KEY=VALUE       one value (repeatable)
      --config, --conf, -config
                            old names

Limits:
      --max-turns N  upper bound

See the manual.
`);
  });

  it("leaves out what the table does not have", () => {
    const bare = { name: "tool", summary: "does one thing", usage: [""], options: [] } as const;
    expect(formatHelp(bare, { columns: 80, color: false })).toBe("tool: does one thing\n\nUsage:\n  tool\n");
  });

  it.each([40, 60, 80, 100])("stays within %i columns", (columns) => {
    const long = { ...spec, options: [{ name: "print", type: "string", help: "word ".repeat(60).trim() }] } as const;
    const widths = formatHelp(long, { columns, color: false })
      .split("\n")
      .map((line) => line.length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
  });

  it.each([0, 1, 10_000, Number.NaN])("bears a width of %d", (columns) => {
    const widths = formatHelp(spec, { columns, color: false })
      .split("\n")
      .map((line) => line.length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(100);
  });

  it("colours headings only, and only when asked", () => {
    const plain = formatHelp(spec, { columns: 80, color: false });
    const colored = formatHelp(spec, { columns: 80, color: true });
    expect(colored).toContain("\x1b[1mUsage:\x1b[22m");
    expect(colored.replaceAll(/\x1b\[\d+m/g, "")).toBe(plain);
  });
});
