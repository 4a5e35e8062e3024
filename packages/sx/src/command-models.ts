import { loadModels } from "@scorpiox/sxnet";
import { ExitCode, type Io } from "@scorpiox/sxutil";
import type { SxOptions } from "./args.js";

/** Prints the models of the table, newest first: id, window, efforts, what it is for. */
export async function printModels(options: SxOptions, io: Io): Promise<number> {
  const { models, aliases, provider } = await loadModels("codex");
  if (options.json || options["output-format"] === "json") {
    io.stdout.write(`${JSON.stringify({ provider, aliases, models })}\n`);
    return ExitCode.ok;
  }
  const names = new Map(Object.entries(aliases).map(([alias, id]) => [id, alias]));
  const rows = models.map((model) => [
    model.id,
    names.get(model.id) ?? "",
    `${model.contextTokens / 1000}k`,
    model.efforts.join(" "),
    model.retired === undefined ? model.note : `${model.note} (retired for plan sign-ins ${model.retired})`,
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  for (const row of rows) {
    io.stdout.write(
      `${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()}\n`,
    );
  }
  return ExitCode.ok;
}
