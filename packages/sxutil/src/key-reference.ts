import type { KeySpec } from "./key-spec.js";
import { KEYS } from "./key-table.js";

/** The table of keys as Markdown, in the order of the table; `docs/configuration.md` holds exactly this text. */
export function keyReferenceMarkdown(): string {
  const rows = KEYS.map(
    (key) => `| \`${key.name}\` | ${valuesOf(key)} | ${defaultOf(key)} | ${key.class} | ${key.help} |`,
  );
  return ["| key | values | default | class | what it is for |", "| --- | --- | --- | --- | --- |", ...rows].join("\n");
}

function valuesOf(key: KeySpec): string {
  if (key.kind === "boolean") return "`1` `0`";
  const choices = key.choices?.map((choice) => `\`${choice}\``).join(" ");
  return key.kind === "list" ? `list${choices === undefined ? "" : ` of ${choices}`}` : (choices ?? key.kind);
}

function defaultOf(key: KeySpec): string {
  const value = key.default ?? key.builtIn;
  return value === undefined || value === "" ? "" : `\`${value}\``;
}
