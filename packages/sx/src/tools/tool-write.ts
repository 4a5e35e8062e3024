import { resolve } from "node:path";
import type { FileLedger } from "../files/file-ledger.js";
import type { SxTool, ToolContext } from "./tool-context.js";

/** The tool that writes whole files. */
export function createWriteTool(context: ToolContext, ledger: FileLedger): SxTool {
  return {
    name: "write",
    description:
      "Creates a file, with its folders, or replaces the whole content of one that was read before. " +
      "Only inside the workspace. To change parts of a file use edit.",
    inputSchema: {
      type: "object",
      properties: { path: { type: "string", minLength: 1 }, content: { type: "string" } },
      required: ["path", "content"],
      additionalProperties: false,
    },
    access: "write",
    run: async (input) => {
      const { writeForModel } = await import("../files/write-file.js");
      return writeForModel(context, ledger, { path: String(input["path"]), content: String(input["content"]) });
    },
    writes: (input) => [resolve(context.workspace, String(input["path"]))],
    summary: (input) => {
      const content = String(input["content"]);
      const count = content === "" ? 0 : content.split("\n").length - (content.endsWith("\n") ? 1 : 0);
      return `${String(input["path"])} (${count === 1 ? "1 line" : `${count} lines`})`;
    },
  };
}
