import { defineConfig } from "tsup";
import { commandBundle, libraryBundle } from "../../tsup.command.js";

export default defineConfig([...commandBundle(), { ...libraryBundle({ index: "src/index.ts" }), clean: false }]);
