export { ExitCode, signalExitCode } from "./exit-code.js";
export { ConfigurationError, Failure, UsageError } from "./failure.js";
export { type InputStream, type Io, type OutputStream, SignalReceived } from "./io.js";
export { colorDecision, type ColorQuestion } from "./color.js";
export { formatHelp, type HelpView } from "./command-help.js";
export {
  type CommandSpec,
  type OptionSpec,
  type ParsedCommandLine,
  type ParsedOptions,
  parseCommandLine,
} from "./command-line.js";
export { nearestNames } from "./nearest.js";
export { oneLine, quoted } from "./one-line.js";
export { type WriteOptions, type WriteResult, writeFileAtomic } from "./atomic-write.js";
export { currentUserId } from "./current-user.js";
export { createRedactor, maskSecret, type Redactor } from "./redact.js";
export { writeAll } from "./write-all.js";
export { type Main, startCommand } from "./command-process.js";
