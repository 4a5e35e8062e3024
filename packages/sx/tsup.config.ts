import { defineConfig } from "tsup";
import { commandBundle } from "../../tsup.command.js";

export default defineConfig(
  commandBundle({
    refresher: true,
    parts: {
      chat: "src/run-chat.ts",
      demo: "src/demo/run-demo.ts",
      doctor: "src/doctor/run-doctor.ts",
      limits: "src/command-limits.ts",
      models: "src/command-models.ts",
      sessions: "src/sessions/command-sessions.ts",
    },
  }),
);
