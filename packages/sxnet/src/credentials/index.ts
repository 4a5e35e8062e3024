export {
  type Credential,
  type CredentialPlace,
  parseCredential,
  remainingMs,
  toAccessCredential,
} from "./credential.js";
export { CredentialError, type CredentialErrorCode } from "./credential-error.js";
export type { CredentialRequest, CredentialSource, SourcedCredential, SourceOptions } from "./source.js";
export { createCredentialSource, sourceNames } from "./sources.js";
export { type CachedCredential, type TokenCacheOptions, withTokenCache } from "./token-cache.js";
