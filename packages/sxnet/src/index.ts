export { takeBatches } from "./event-reader.js";
export { ProviderError, type ProviderErrorCode } from "./errors.js";
export type { NetworkOptions, ProxyOptions } from "./http.js";
export { type ImageHeader, type ImageMediaType, readImageHeader } from "./image-header.js";
export { type ModelInfo, type ModelPrice, type ModelTable, nearestEffort, resolveModel } from "./models.js";
export type { CallOptions, ImageLimits, ListedModel, Provider, Turn } from "./provider.js";
export { createProvider, findModel, findSetUp, loadModels, providerNames, serviceNames } from "./registry.js";
export type { RetryPolicy } from "./retry.js";
export type { GetCredential, ProviderOptions } from "./run-provider.js";
export { runTools } from "./run-tools.js";
export { findSchemaProblem } from "./schema-problem.js";
export type { Approval, Approve, Tool, ToolOutput, ToolRunContext, ToolStatus } from "./tool.js";
export type {
  ReviseContext,
  Revision,
  RunToolsOptions,
  StepSummary,
  ToolLoopEvent,
  ToolRun,
  ToolRunResult,
} from "./tool-loop.js";
export type {
  AccessCredential,
  AssistantBlock,
  AssistantMessage,
  ChatRequest,
  ContentBlock,
  Effort,
  ImageBlock,
  JsonSchema,
  Limits,
  LimitWindow,
  Message,
  Opaque,
  ProviderFailure,
  ResponseSchema,
  Settings,
  StopReason,
  StreamEvent,
  TextBlock,
  ThinkingBlock,
  ToolChoice,
  ToolDefinition,
  ToolResultBlock,
  ToolUseBlock,
  TurnResult,
  Usage,
  UserBlock,
  UserMessage,
} from "./types.js";
export { addUsage, NO_USAGE } from "./usage.js";
export { VERSION } from "./version.js";
