import type { VendorName } from "./login-vendor.js";
import type { OauthVendor } from "./oauth-vendor.js";

/** The only list of vendors; each is loaded when it is used. */
const VENDORS: Readonly<Record<VendorName, () => Promise<OauthVendor>>> = {
  codex: async () => (await import("./oauth-codex.js")).codexOauth,
  claude_code: async () => (await import("./oauth-claude.js")).claudeOauth,
};

export function loadVendor(name: VendorName): Promise<OauthVendor> {
  return VENDORS[name]();
}
