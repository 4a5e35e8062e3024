import { ProviderError } from "./errors.js";
import { limitWindow, plainWords } from "./limit-window.js";
import type { Limits, LimitWindow, StreamEvent } from "./types.js";

/**
 * Rate-limit windows of the Codex backend, from answer headers and from the stream event `codex.rate_limits`. Which
 * window is the short one is told by its minutes, not by its slot.
 * Source: source of the Codex client and reports, read 2026-11-20.
 */

const SLOT = /^x-codex-(?:(.+)-)?(primary|secondary)-used-percent$/;

export function readCodexHeaderLimits(
  headers: Readonly<Record<string, string>>,
  nowMs: number,
): readonly StreamEvent[] {
  const windows = Object.keys(headers).flatMap((name): readonly LimitWindow[] => {
    const [, family, slot] = SLOT.exec(name) ?? [];
    const usedPercent = decimal(headers[name]);
    if (slot === undefined || usedPercent === undefined) return [];
    const prefix = family === undefined ? "x-codex" : `x-codex-${family}`;
    const at = decimal(headers[`${prefix}-${slot}-reset-at`]);
    const after = decimal(headers[`${prefix}-${slot}-reset-after-seconds`]);
    const resetsAtMs = at === undefined ? (after === undefined ? undefined : nowMs + after * 1000) : at * 1000;
    const label = family === undefined ? slot : `${headers[`${prefix}-limit-name`] ?? family} ${slot}`;
    return [limitWindow(label, usedPercent, decimal(headers[`${prefix}-${slot}-window-minutes`]), resetsAtMs)];
  });
  if (windows.length === 0) return [];
  const plan = headers["x-codex-plan-type"];
  const credits = readCredits(
    headers["x-codex-credits-has-credits"],
    headers["x-codex-credits-unlimited"],
    headers["x-codex-credits-balance"],
  );
  return [limitsEvent({ windows, ...(plan === undefined ? {} : { plan: plainWords(plan) }), ...credits })];
}

/** The event `codex.rate_limits`: `rate_limits.primary` and `.secondary`, `plan_type`, `credits`. */
export function readCodexLimitsEvent(event: Readonly<Record<string, unknown>>): readonly StreamEvent[] {
  const slots = fields(event["rate_limits"]);
  const windows = (["primary", "secondary"] as const).flatMap((slot): readonly LimitWindow[] => {
    const shape = fields(slots[slot]);
    const usedPercent = decimal(shape["used_percent"]);
    if (usedPercent === undefined) return [];
    const at = decimal(shape["reset_at"]);
    return [limitWindow(slot, usedPercent, decimal(shape["window_minutes"]), at === undefined ? undefined : at * 1000)];
  });
  if (windows.length === 0) return [];
  const plan = event["plan_type"];
  const shape = fields(event["credits"]);
  const credits = readCredits(shape["has_credits"], shape["unlimited"], shape["balance"]);
  return [limitsEvent({ windows, ...(typeof plan === "string" ? { plan: plainWords(plan) } : {}), ...credits })];
}

/**
 * The account of `GET /wham/usage`: `plan_type`, `rate_limit: {primary_window, secondary_window}`, each with
 * `used_percent`, `limit_window_seconds`, `reset_at` or `reset_after_seconds`, the same under a name in
 * `additional_rate_limits[]`, and `credits`.
 * @throws ProviderError `protocol` when it tells neither a plan nor a window
 */
export function readCodexUsage(body: unknown, nowMs: number): Limits {
  const account = fields(body);
  const extra = Array.isArray(account["additional_rate_limits"])
    ? (account["additional_rate_limits"] as unknown[])
    : [];
  const windows = [
    ...usageWindows(fields(account["rate_limit"]), "", nowMs),
    ...extra.flatMap((entry) => {
      const named = fields(entry);
      const name = typeof named["limit_name"] === "string" ? `${named["limit_name"]} ` : "";
      return usageWindows(fields(named["rate_limit"]), name, nowMs);
    }),
  ];
  const plan = account["plan_type"];
  if (windows.length === 0 && typeof plan !== "string") {
    throw new ProviderError("protocol", "codex answered without an account of the limits; check CODEX_BASE_URL");
  }
  const shape = fields(account["credits"]);
  const credits = readCredits(shape["has_credits"], shape["unlimited"], shape["balance"]);
  return { windows, ...(typeof plan === "string" ? { plan: plainWords(plan) } : {}), ...credits };
}

function usageWindows(limit: Readonly<Record<string, unknown>>, prefix: string, nowMs: number): readonly LimitWindow[] {
  return (["primary", "secondary"] as const).flatMap((slot): readonly LimitWindow[] => {
    const shape = fields(limit[`${slot}_window`]);
    const usedPercent = decimal(shape["used_percent"]);
    if (usedPercent === undefined) return [];
    const seconds = decimal(shape["limit_window_seconds"]);
    const at = decimal(shape["reset_at"]);
    const after = decimal(shape["reset_after_seconds"]);
    const resetsAtMs = at === undefined ? (after === undefined ? undefined : nowMs + after * 1000) : at * 1000;
    return [limitWindow(`${prefix}${slot}`, usedPercent, seconds === undefined ? undefined : seconds / 60, resetsAtMs)];
  });
}

function limitsEvent(limits: Limits): StreamEvent {
  return { type: "limits", limits };
}

function readCredits(has: unknown, unlimited: unknown, balance: unknown): Pick<Limits, "credits"> {
  if (!isTrue(has) && !isTrue(unlimited)) return {};
  const amount =
    typeof balance === "string" || typeof balance === "number" ? { balance: plainWords(String(balance)) } : {};
  return { credits: { unlimited: isTrue(unlimited), ...amount } };
}

function isTrue(value: unknown): boolean {
  return value === true || (typeof value === "string" && /^(true|1)$/i.test(value));
}

function decimal(value: unknown): number | undefined {
  if (typeof value !== "number" && (typeof value !== "string" || value.trim() === "")) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
