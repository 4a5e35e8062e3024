import type { Settings } from "@scorpiox/sxnet";
import type { Io } from "@scorpiox/sxutil";

/** A shorter turn needs no call: the person is still there. */
export const NOTIFY_AFTER_MS = 10_000;

export type Notify = "off" | "bell" | "desktop";

/** How somebody is called back: `SX_NOTIFY`, else the bell, and nothing where a machine sits. */
export function readNotify(settings: Settings, env: Io["env"]): Notify {
  const wanted = settings["SX_NOTIFY"];
  if (wanted === "off" || wanted === "bell" || wanted === "desktop") return wanted;
  return env["CI"] === undefined || env["CI"] === "" ? "bell" : "off";
}

/**
 * The bytes that call a person back. OSC 777 is urxvt's and others' (title and text), OSC 9 that of iTerm2, WezTerm,
 * kitty, Ghostty and Windows Terminal; what knows neither ignores it, and gets the bell besides. tmux passes none on
 * unless it is wrapped. Source: the manuals of those terminals, read 2026-11-21. The text is ours and holds no control
 * characters.
 */
export function notification(how: Notify, text: string, env: Io["env"]): string {
  if (how === "off") return "";
  if (how === "bell") return "\u0007";
  const isUrxvt = /^(?:rxvt|foot)/.test(env["TERM"] ?? "");
  const command = isUrxvt ? `\u001b]777;notify;sx;${text}\u0007` : `\u001b]9;${text}\u0007`;
  if (env["TMUX"] === undefined) return command;
  return `\u001bPtmux;${command.replaceAll("\u001b", "\u001b\u001b")}\u001b\\\u0007`;
}
