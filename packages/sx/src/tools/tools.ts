import type { Settings } from "@scorpiox/sxnet";
import type { FileLedger } from "../files/file-ledger.js";
import type { ReadImageLimits, SxTool, ToolContext } from "./tool-context.js";

type MakeTool = (context: ToolContext, ledger: FileLedger, readImageLimits?: ReadImageLimits) => SxTool;

/** Every tool, in the order in which the model sees them: a stable order keeps the service's prompt cache. */
const TOOLS: Readonly<Record<string, () => Promise<MakeTool>>> = {
  ask_user: async () => (await import("./tool-ask-user.js")).createAskUserTool,
  bash: async () => (await import("./tool-bash.js")).createBashTool,
  edit: async () => (await import("./tool-edit.js")).createEditTool,
  glob: async () => (await import("./tool-glob.js")).createGlobTool,
  grep: async () => (await import("./tool-grep.js")).createGrepTool,
  read: async () => (await import("./tool-read.js")).createReadTool,
  todo: async () => (await import("./tool-todo.js")).createTodoTool,
  view_image: async () => {
    const { createViewImageTool } = await import("./tool-view-image.js");
    return (context, _ledger, readImageLimits) => createViewImageTool(context, readImageLimits);
  },
  write: async () => (await import("./tool-write.js")).createWriteTool,
};

const OFF = /^(0|false|no|off)$/i;

/** The tools of a run: `TOOLS=0` offers none, `TOOL_<NAME>=0` drops one. */
export async function createTools(
  context: ToolContext,
  settings: Settings,
  readImageLimits?: ReadImageLimits,
): Promise<readonly SxTool[]> {
  if (OFF.test(settings["TOOLS"] ?? "")) return [];
  const { createFileLedger } = await import("../files/file-ledger.js");
  const ledger = createFileLedger();
  const wanted = Object.entries(TOOLS).filter(([name]) => !OFF.test(settings[`TOOL_${name.toUpperCase()}`] ?? ""));
  return Promise.all(wanted.map(async ([, load]) => (await load())(context, ledger, readImageLimits)));
}
