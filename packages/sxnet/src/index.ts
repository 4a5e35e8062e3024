export type { Approval, Approve, Tool, ToolOutput, ToolRunContext, ToolStatus } from "./tool.js";
