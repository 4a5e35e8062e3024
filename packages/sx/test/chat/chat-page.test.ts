import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { SLASH_COMMANDS } from "../../src/chat/slash-commands.js";
import { keyHelp } from "../../src/ui/editor/editor-keys.js";

const PAGE = new URL("../../../../docs/chat.md", import.meta.url);

const code = (text: string): string => `\`${text}\``.replaceAll("|", "\\|");

function keyRows(): readonly string[] {
  return [
    "| key | does |",
    "| --- | --- |",
    ...keyHelp().map(({ keys, does }) => `| ${code(keys)} | ${does.replaceAll("\\", "`\\`")} |`),
  ];
}

function commandRows(): readonly string[] {
  return [
    "| command | does |",
    "| --- | --- |",
    ...SLASH_COMMANDS.map(({ name, argument, summary, aliases = [], changesState }) => {
      const names = [`/${name}${argument === undefined ? "" : ` ${argument}`}`, ...aliases.map((alias) => `/${alias}`)];
      return `| ${names.map(code).join(", ")} | ${summary}${changesState ? " \\*" : ""} |`;
    }),
  ];
}

function withPart(page: string, name: string, rows: readonly string[]): string {
  const [start, end] = [`<!-- ${name}: start -->\n`, `<!-- ${name}: end -->`];
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  expect(from, name).toBeGreaterThan(0);
  return `${page.slice(0, from + start.length)}\n${rows.join("\n")}\n\n${page.slice(to)}`;
}

// SX_UPDATE_DOCS=1 writes the page instead of comparing it.
test("docs/chat.md lists keys and commands as the tables have them", async () => {
  const page = await readFile(PAGE, "utf8");
  const wanted = withPart(withPart(page, "keys", keyRows()), "commands", commandRows());
  if (process.env["SX_UPDATE_DOCS"] === "1") await writeFile(PAGE, wanted);
  else expect(page).toBe(wanted);
});
