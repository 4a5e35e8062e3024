import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { platform as systemPlatform } from "node:os";
import { join } from "node:path";
import { findKey, isSecret } from "@scorpiox/sxutil";

export interface BrowserSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the wait for what comes of it, not the browser. */
  readonly signal?: AbortSignal | undefined;
  /** Default: this system's. */
  readonly platform?: NodeJS.Platform | undefined;
}

/** A program that hands an address to the person's browser. */
interface Opener {
  readonly program: string;
  readonly args: readonly string[];
}

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly Opener[]>>> = {
  darwin: [{ program: "/usr/bin/open", args: [] }],
  win32: [{ program: String.raw`C:\Windows\System32\rundll32.exe`, args: ["url.dll,FileProtocolHandler"] }],
};
const WSL_OPENER: Opener = { program: "wslview", args: [] };
const DESKTOP_OPENER: Opener = { program: "xdg-open", args: [] };

/** A program that has not failed by then has done its work, or is the browser itself. */
const FAILS_WITHIN_MS = 3_000;

/**
 * Asks the system to show an address to the person, without a shell in between. False when there is no screen or no
 * program for it, or when that fails at once; the caller prints the address in any case. The browser outlives us and
 * gets neither our streams nor our secrets. Never throws but for an address that is none to open.
 * @throws TypeError when `url` is not http or https or holds a blank or a control character.
 */
export async function openBrowser(url: string, surroundings: BrowserSurroundings): Promise<boolean> {
  const isWeb = URL.canParse(url) && /^https?:$/u.test(new URL(url).protocol);
  if (!isWeb || !/^[\u0021-\u007e]+$/u.test(url)) throw new TypeError("this is no web address to open");
  const opener = await findOpener(surroundings);
  return opener !== undefined && (await start(opener, url, surroundings));
}

async function findOpener({ env, platform = systemPlatform() }: BrowserSurroundings): Promise<Opener | undefined> {
  const known = OPENERS[platform];
  if (known !== undefined) return known[0];
  const wanted = [
    ...((env["WSL_DISTRO_NAME"] ?? "") === "" ? [] : [WSL_OPENER]),
    // Without a screen it would start a text browser on top of our own lines.
    ...(hasScreen(env) ? [DESKTOP_OPENER] : []),
  ];
  for (const opener of wanted) {
    const program = await findProgram(opener.program, env["PATH"] ?? "");
    if (program !== undefined) return { ...opener, program };
  }
  return undefined;
}

function hasScreen(env: BrowserSurroundings["env"]): boolean {
  return ["DISPLAY", "WAYLAND_DISPLAY"].some((name) => (env[name] ?? "") !== "");
}

/** Absolute entries only: the current folder's `xdg-open` is not the system's. */
async function findProgram(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(":")) {
    if (!folder.startsWith("/")) continue;
    const candidate = join(folder, name);
    try {
      await access(candidate, constants.X_OK);
      if ((await stat(candidate)).isFile()) return candidate;
    } catch {
      // Not here: the next folder may have it.
    }
  }
  return undefined;
}

async function start({ program, args }: Opener, url: string, { env, signal }: BrowserSurroundings): Promise<boolean> {
  const { spawn } = await import("node:child_process");
  if (signal?.aborted === true) return false;
  return await new Promise((resolve) => {
    const child = spawn(program, [...args, url], { env: withoutSecrets(env), stdio: "ignore", detached: true });
    const settle = (opened: boolean): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", leave);
      child.removeAllListeners();
      // It is the person's browser from now on; its end is of no interest.
      child.on("error", () => undefined);
      child.unref();
      resolve(opened);
    };
    const leave = (): void => settle(true);
    const timer = setTimeout(leave, FAILS_WITHIN_MS);
    signal?.addEventListener("abort", leave, { once: true });
    child.once("error", () => settle(false));
    child.once("exit", (code) => settle(code === 0));
  });
}

function withoutSecrets(env: BrowserSurroundings["env"]): NodeJS.ProcessEnv {
  const safe = Object.entries(env).filter(([name]) => {
    const key = findKey(name);
    return key === undefined || !isSecret(key);
  });
  return Object.fromEntries(safe);
}
