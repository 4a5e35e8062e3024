export { ExitCode, signalExitCode } from "./exit-code.js";
export { ConfigurationError, Failure, UsageError } from "./failure.js";
export { type InputStream, type Io, type OutputStream, SignalReceived } from "./io.js";
