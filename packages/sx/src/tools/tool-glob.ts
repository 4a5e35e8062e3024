import type { SxTool, ToolContext } from "./tool-context.js";

/** The tool that finds files by name. */
export function createGlobTool(context: ToolContext): SxTool {
  return {
    name: "glob",
    description:
      "Lists files whose path fits a glob (* ? [a-z] {a,b} **), in path order, at most 1000. A pattern without / fits " +
      "names in any folder. Files that .gitignore names are left out.",
    inputSchema: {
      type: "object",
      properties: {
        pattern: { type: "string", minLength: 1, description: "e.g. src/**/*.ts" },
        path: { type: "string", minLength: 1, description: "folder to search; default the workspace" },
      },
      required: ["pattern"],
      additionalProperties: false,
    },
    readOnly: true,
    access: "read",
    run: async (input, { signal }) => {
      const { globFiles } = await import("../search/glob-files.js");
      const path = input["path"];
      const question = { pattern: String(input["pattern"]), ...(typeof path === "string" ? { path } : {}) };
      return globFiles(context, question, signal);
    },
    summary: (input) => {
      const path = typeof input["path"] === "string" ? ` in ${input["path"]}` : "";
      return `${String(input["pattern"])}${path}`;
    },
  };
}
