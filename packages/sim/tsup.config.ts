import { defineConfig } from "tsup";
import { commandBundle, libraryBundle } from "../../tsup.command.js";

export default defineConfig([
  ...commandBundle(),
  {
    ...libraryBundle({ index: "src/index.ts" }),
    clean: false,
    // What it takes from the other packages goes into the bundle, from their sources: no order of builds is needed.
    esbuildOptions(options) {
      options.conditions = ["@scorpiox/source", "module", "import"];
    },
  },
]);
