export { startAuthority } from "./authority.js";
export type { Authority, AuthorityEvent, AuthorityOptions } from "./authority-interface.js";
export type { AuthorityCounters, AuthorityRow } from "./authority-counters.js";
export type { TokenState } from "./authority-ledger.js";
export type { ClaudeCredentialFile, SignInOptions } from "./authority-login.js";
export type { RequestKind } from "./authority-request.js";
export type { AuthoritySettings } from "./authority-settings.js";
export { type CodexAuthFile, fakeCodexAuth } from "./fake-auth.js";
export type { Fault } from "./faults.js";
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
export type { RecordOptions } from "./recorder.js";
export { type Sim, type SimEvent, type SimOptions, startSim } from "./sim.js";
export type { NeutralRequest, OfferedTool, RawRequest, SeenRequest, SeenToolResult } from "./wire.js";
export {
  startTokenServer,
  type TokenServer,
  type TokenServerCounters,
  type TokenServerEvent,
  type TokenServerOptions,
  type TokenServerRow,
  type TokenServerSettings,
} from "./token-server.js";
