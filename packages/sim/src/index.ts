export { type CodexAuthFile, fakeCodexAuth } from "./fake-auth.js";
export { parseScript, parseScriptText, ScriptError } from "./script-check.js";
export type {
  Delivery,
  Expectation,
  FailureName,
  Pacing,
  RawPart,
  ReplyPart,
  Script,
  ScriptLimits,
  ScriptWindow,
  StreamError,
  TextConditions,
  TextMatch,
  TextPart,
  ThinkingPart,
  ToolResultMatch,
  ToolUsePart,
  Turn,
} from "./script.js";
export type { LogRow } from "./server.js";
export { type RecordOptions, type Sim, type SimEvent, type SimOptions, startSim } from "./sim.js";
export type { NeutralRequest, OfferedTool, RawRequest, SeenRequest, SeenToolResult } from "./wire.js";
