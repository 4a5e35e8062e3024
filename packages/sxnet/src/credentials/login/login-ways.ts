import type { BrowserSurroundings } from "./browser-open.js";
import type { BrowserLoginOptions } from "./login-browser.js";
import type { DeviceLoginOptions } from "./login-device.js";
import type { LoginTokens } from "./login-exchange.js";

// The ways to log in, each loaded when it is taken: whoever only wants a token shall not pay for a web server.

/** `logInByBrowser` of login-browser.ts. */
export async function logInByBrowser(options: BrowserLoginOptions): Promise<LoginTokens> {
  return (await import("./login-browser.js")).logInByBrowser(options);
}

/** `logInByDevice` of login-device.ts. */
export async function logInByDevice(options: DeviceLoginOptions): Promise<LoginTokens> {
  return (await import("./login-device.js")).logInByDevice(options);
}

/** `openBrowser` of browser-open.ts. */
export async function openBrowser(url: string, surroundings: BrowserSurroundings): Promise<boolean> {
  return (await import("./browser-open.js")).openBrowser(url, surroundings);
}
