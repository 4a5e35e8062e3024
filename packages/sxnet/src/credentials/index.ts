export { type CheckedHop, checkConnection, type ConnectionCheckOptions } from "./connection-check.js";
export {
  type Credential,
  type CredentialPlace,
  parseCredential,
  remainingMs,
  toAccessCredential,
} from "./credential.js";
export { CredentialError, type CredentialErrorCode } from "./credential-error.js";
export { readNetworkOptions } from "./network-settings.js";
export { type Probe, probeAddress, type ProbeOptions } from "./probe.js";
export type { RefreshMarker } from "./refresh/dead-marker.js";
export { isAccountName, managedLoginPlace } from "./login/login-account.js";
export type { BrowserLoginOptions } from "./login/login-browser.js";
export type { DeviceCode, DeviceLoginOptions } from "./login/login-device.js";
export type { LoginTokens } from "./login/login-exchange.js";
export { dropLogin, findLiveLogin, keepLogin } from "./login/login-keep.js";
export { type LoginService, openLoginService } from "./login/login-request.js";
export type { Revocation } from "./login/login-revoke.js";
export { type LoginFileOptions, removeLogin, saveLogin } from "./login/login-file.js";
export { findLogin, type FoundLogin, type LoginPlace, ownLoginPlace } from "./login/login-place.js";
export { isVendorName, type VendorName } from "./login-vendor.js";
export { logInByBrowser, logInByDevice, openBrowser } from "./login/login-ways.js";
export { type LoginStatus, readStatus, type RefreshedLogin, refreshNow } from "./login/login-status.js";
export { buildCodexLogin, buildCodexRevoke, CODEX_CLIENT_ID, codexOauthUrl } from "./oauth-codex.js";
export type {
  CredentialRequest,
  CredentialSource,
  Question,
  Refresher,
  SourcedCredential,
  SourceOptions,
} from "./source.js";
export { isCredentialPresent, tokenSourceOf } from "./presence.js";
export { createCredentialSource, sourceNames } from "./sources.js";
export { type CachedCredential, type TokenCacheOptions, withTokenCache } from "./token-cache.js";
