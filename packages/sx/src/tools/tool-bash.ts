import type { createShellRunner } from "../shell/shell-runner.js";
import type { SxTool, ToolContext } from "./tool-context.js";

/**
 * The tool that runs commands. What a command leaves running is in the context's `jobs`. Everything behind the
 * definition loads with the first call.
 */
export function createBashTool(context: ToolContext): SxTool {
  let runner: Promise<ReturnType<typeof createShellRunner>> | undefined;
  return {
    name: "bash",
    description:
      "Runs a bash command in the workspace. Returns stdout and stderr as they came, and the exit code if not 0. " +
      "Every call is a new shell; no input, no terminal: interactive programs fail. Of more than 30 KB of output only " +
      "the first 10 KB and last 20 KB are returned; a file, named then, has all. On time-out everything it started is " +
      "killed. End a long-running command such as a server with & to keep it until sx ends. " +
      "To read, edit or search files use the read, edit, grep and glob tools instead.",
    inputSchema: {
      type: "object",
      properties: {
        command: { type: "string", minLength: 1 },
        timeout_seconds: { type: "number", minimum: 1, maximum: 600, description: "default 120" },
        workdir: { type: "string", minLength: 1, description: "folder inside the workspace; default its top" },
      },
      required: ["command"],
      additionalProperties: false,
    },
    access: "execute",
    run: async (input, { signal, toolUseId }) => {
      runner ??= import("../shell/shell-runner.js").then((module) => module.createShellRunner(context));
      const seconds = input["timeout_seconds"];
      const run = await runner;
      const { onOutput } = context;
      const watch = await context.undo?.watchCommand(signal);
      try {
        return await run(
          {
            command: String(input["command"]),
            timeoutMs: typeof seconds === "number" ? seconds * 1_000 : undefined,
            workdir: typeof input["workdir"] === "string" ? input["workdir"] : undefined,
            onText: onOutput === undefined ? undefined : (text) => onOutput(toolUseId, text),
          },
          signal,
        );
      } finally {
        await watch?.finish();
      }
    },
    summary: (input) => {
      const folder = typeof input["workdir"] === "string" ? ` (in ${input["workdir"]})` : "";
      return String(input["command"]).trim().replaceAll("\n", " ⏎ ") + folder;
    },
  };
}
