import { resolve } from "node:path";
import type { FileLedger } from "../files/file-ledger.js";
import type { TextEdit } from "../files/text-edit.js";
import type { SxTool, ToolContext } from "./tool-context.js";

/** One edit as the model writes it. */
interface EditInput {
  readonly old_string: string;
  readonly new_string: string;
  readonly replace_all?: boolean;
}

/** The tool that replaces parts of a file. One shape for one edit and for many: a list. */
export function createEditTool(context: ToolContext, ledger: FileLedger): SxTool {
  return {
    name: "edit",
    description:
      "Replaces text in a file that was read before. Each old_string must stand in the file exactly once, with its " +
      "white space and without line numbers, unless replace_all is set. Edits apply in order, all or none.",
    inputSchema: {
      type: "object",
      properties: {
        path: { type: "string", minLength: 1 },
        edits: {
          type: "array",
          minItems: 1,
          items: {
            type: "object",
            properties: {
              old_string: { type: "string", minLength: 1 },
              new_string: { type: "string" },
              replace_all: { type: "boolean" },
            },
            required: ["old_string", "new_string"],
            additionalProperties: false,
          },
        },
      },
      required: ["path", "edits"],
      additionalProperties: false,
    },
    access: "write",
    run: async (input) => {
      const { editForModel } = await import("../files/edit-file.js");
      const edits = readEdits(input["edits"]);
      return editForModel(context, ledger, { path: String(input["path"]), edits });
    },
    writes: (input) => [resolve(context.workspace, String(input["path"]))],
    summary: (input) => {
      const count = Array.isArray(input["edits"]) ? input["edits"].length : 0;
      return count === 1 ? String(input["path"]) : `${String(input["path"])} (${count} edits)`;
    },
  };
}

/** The schema has been checked by whoever runs the tool. */
function readEdits(value: unknown): readonly TextEdit[] {
  return (value as readonly EditInput[]).map((edit) => ({
    oldString: edit.old_string,
    newString: edit.new_string,
    replaceAll: edit.replace_all === true,
  }));
}
