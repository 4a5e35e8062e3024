export { type WriteOptions, type WriteResult, writeFileAtomic } from "./atomic-write.js";
export { type Configuration, type IgnoredSetting, type Resolved, readConfiguration } from "./cascade.js";
export { colorDecision, type ColorQuestion } from "./color.js";
export { formatCompletion, type Shell, SHELLS } from "./command-completion.js";
export { formatHelp, type HelpView } from "./command-help.js";
export {
  type CommandRow,
  type CommandSpec,
  type OptionSpec,
  type ParsedCommandLine,
  type ParsedOptions,
  parseCommandLine,
} from "./command-line.js";
export { formatManPage, type ManPage, type ManSection } from "./command-man.js";
export { type Main, startCommand, type WindUpLimits } from "./command-process.js";
export { currentUserId } from "./current-user.js";
export { type EnvDuplicate, type EnvEntry, type ParsedEnvFile, parseEnvFile, setKey, unsetKey } from "./env-file.js";
export { type EnvFile, readEnvFile } from "./env-file-read.js";
export { type EnvFileUpdate, updateEnvFile } from "./env-file-update.js";
export { ExitCode, signalExitCode } from "./exit-code.js";
export { ConfigurationError, Failure, UsageError } from "./failure.js";
export { type LockOptions, withFileLock } from "./file-lock.js";
export { type InputStream, type Io, type OutputStream, SignalReceived, type TerminalHost } from "./io.js";
export { keyReferenceMarkdown } from "./key-reference.js";
export type { KeyClass, KeyKind, KeySpec } from "./key-spec.js";
export { KEYS } from "./key-table.js";
export {
  canonicalValue,
  checkValue,
  findKey,
  isSecret,
  nearestKeys,
  parseBoolean,
  splitList,
  suggestKeys,
} from "./keys.js";
export type { ConfigurationOptions } from "./layers.js";
export { nearestNames } from "./nearest.js";
export { oneLine, quoted } from "./one-line.js";
export { describeOrigin, type Origin, type Tier } from "./origin.js";
export {
  cacheFolder,
  displayPath,
  ENV_FILE_NAME,
  findProject,
  globalFolder,
  type Project,
  scorpioxHome,
  type Surroundings,
  userFiles,
} from "./paths.js";
export { pause } from "./pause.js";
export { checkProfileName, profileCandidates, type ProfileFile, type ProfilePlace } from "./profile.js";
export { createRedactor, maskSecret, type Redactor } from "./redact.js";
export {
  allowProject,
  inspectProject,
  listNames,
  needsTrust,
  type ProjectFile,
  type ProjectTrust,
  revokeProject,
  type RiskyEntry,
  trustOwnWriting,
} from "./trust.js";
export { judgeProjectValue, type ProjectVerdict } from "./trust-class.js";
export { refuseUntrusted, type Requirement } from "./trust-required.js";
export { readTrustStore, type TrustStore, trustPath, updateTrustStore } from "./trust-store.js";
export { VERSION } from "./version.js";
export { writeAll } from "./write-all.js";
