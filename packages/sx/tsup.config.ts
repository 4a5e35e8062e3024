import { defineConfig } from "tsup";
import { commandBundle } from "../../tsup.command.js";

export default defineConfig(commandBundle({ refresher: true }));
