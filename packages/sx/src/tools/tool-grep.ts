import type { GrepQuestion } from "../search/grep-files.js";
import type { SxTool, ToolContext } from "./tool-context.js";

/** The wire names of the input. */
interface GrepInput extends Omit<GrepQuestion, "ignoreCase"> {
  readonly ignore_case?: boolean;
}

/** The tool that searches file contents. */
export function createGrepTool(context: ToolContext): SxTool {
  return {
    name: "grep",
    description:
      "Searches files for a regular expression (JavaScript syntax, one line at a time), in path order. Files that " +
      ".gitignore names, binary files and files over 8 MB are left out. Lines come under their file as number:text.",
    inputSchema: {
      type: "object",
      properties: {
        pattern: { type: "string", minLength: 1 },
        path: { type: "string", minLength: 1, description: "file or folder; default the workspace" },
        glob: { type: "string", minLength: 1, description: "only these files, e.g. *.ts or src/**/*.{js,ts} or !*.md" },
        ignore_case: { type: "boolean" },
        context: { type: "integer", minimum: 0, maximum: 50, description: "lines around each match" },
        mode: { enum: ["content", "files", "count"], description: "default content" },
        limit: { type: "integer", minimum: 1, maximum: 5000, description: "default 200 lines or files" },
      },
      required: ["pattern"],
      additionalProperties: false,
    },
    readOnly: true,
    access: "read",
    run: async (input, { signal }) => {
      const { grepFiles } = await import("../search/grep-files.js");
      const { ignore_case: ignoreCase, ...question } = input as unknown as GrepInput;
      return grepFiles(context, { ...question, ignoreCase: ignoreCase === true }, signal);
    },
    summary: (input) => {
      const path = typeof input["path"] === "string" ? ` in ${input["path"]}` : "";
      const glob = typeof input["glob"] === "string" ? ` (${input["glob"]})` : "";
      return `${String(input["pattern"])}${path}${glob}`;
    },
  };
}
