import { defineConfig } from "tsup";
import { libraryBundle } from "../../tsup.command.js";

export default defineConfig(
  libraryBundle({
    index: "src/index.ts",
    "credentials/index": "src/credentials/index.ts",
    "credentials/refresher": "src/credentials/refresh/refresher-bin.ts",
  }),
);
