import { defineConfig } from "tsup";
import { commandBundle } from "../../tsup.command.js";

export default defineConfig(
  commandBundle({ refresher: true, parts: { wizard: "src/run-wizard.ts", init: "src/command-init.ts" } }),
);
