import type { FileLedger } from "../files/file-ledger.js";
import type { ReadQuestion } from "../files/read-file.js";
import type { SxTool, ToolContext } from "./tool-context.js";

/** The tool that shows a text file to the model. */
export function createReadTool(context: ToolContext, ledger: FileLedger): SxTool {
  return {
    name: "read",
    description:
      "Reads a text file; each line comes as its number, a tab, its text. Without limit up to 2000 lines; at most " +
      "100 KB, lines of over 2000 characters are cut. A file must be read before it can be edited or overwritten.",
    inputSchema: {
      type: "object",
      properties: {
        path: { type: "string", minLength: 1, description: "absolute, or relative to the workspace" },
        offset: { type: "integer", minimum: 1, description: "first line, from 1" },
        limit: { type: "integer", minimum: 1, description: "most lines" },
      },
      required: ["path"],
      additionalProperties: false,
    },
    readOnly: true,
    access: "read",
    run: async (input) => {
      const { readForModel } = await import("../files/read-file.js");
      return readForModel(context, ledger, input as unknown as ReadQuestion);
    },
    summary: (input) => {
      const from = typeof input["offset"] === "number" ? ` from line ${input["offset"]}` : "";
      return `${String(input["path"])}${from}`;
    },
  };
}
