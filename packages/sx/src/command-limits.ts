import type { LimitWindow } from "@scorpiox/sxnet";
import { ExitCode, type Io, oneLine } from "@scorpiox/sxutil";
import type { SxOptions } from "./args.js";
import { wantsJson } from "./command-models.js";
import { durationWords } from "./duration-words.js";
import { listLimits, type ServiceLimits } from "./services/list-limits.js";
import { openServices } from "./services/open-services.js";
import { tableRows } from "./services/table-rows.js";
import { cleanText } from "./ui/terminal-text.js";

/** `sx limits`: how much of each plan is used, the binding window first. */
export async function printLimits(options: SxOptions, io: Io): Promise<number> {
  const say = (line: string): void => void io.stderr.write(`sx: ${oneLine(cleanText(line))}\n`);
  const services = await openServices(options, io, say);
  try {
    const all = await listLimits(services, io);
    if (wantsJson(options)) {
      io.stdout.write(`${JSON.stringify({ providers: all.map(fieldsOf) })}\n`);
      return ExitCode.ok;
    }
    if (all.length === 0) say("no provider is set up; scorpiox-config does that");
    const nowMs = Date.now();
    for (const service of all) {
      io.stdout.write(`${cleanText(headOf(service, nowMs))}\n`);
      const rows = (service.limits?.windows ?? []).map((window) => rowOf(window, nowMs));
      for (const row of tableRows(rows)) io.stdout.write(`  ${cleanText(row)}\n`);
    }
    return ExitCode.ok;
  } finally {
    await services.close();
  }
}

/** Who, which plan, and how fresh that is, in one line. Not yet safe for a terminal. */
export function headOf({ provider, from, seenAtMs, why, limits }: ServiceLimits, nowMs: number): string {
  const credits = limits?.credits;
  return oneLine(
    [
      provider,
      ...(limits?.plan === undefined ? [] : [`plan ${limits.plan}`]),
      ...(credits === undefined
        ? []
        : [credits.unlimited ? "credits without limit" : `credits ${credits.balance ?? "left"}`]),
      ...(from === "answer" && seenAtMs !== undefined ? [`as told ${ago(nowMs - seenAtMs)}`] : []),
      ...(from === "none" ? [why ?? "nothing is known"] : []),
      ...(from !== "none" && limits?.windows.length === 0 ? ["no windows"] : []),
    ].join(" · "),
  );
}

/** The cells of one window. */
export function rowOf({ name, usedPercent, windowMinutes, resetsAtMs }: LimitWindow, nowMs: number): readonly string[] {
  return [
    oneLine(name, 60),
    `${Math.round(usedPercent)}% used`,
    windowMinutes === undefined ? "" : `of ${durationWords(windowMinutes * 60)}`,
    resetsAtMs === undefined ? "" : resetWords(resetsAtMs - nowMs),
  ];
}

function resetWords(leftMs: number): string {
  return leftMs <= 0 ? "open again" : `opens again in ${durationWords(Math.ceil(leftMs / 1000))}`;
}

function ago(ms: number): string {
  return ms < 60_000 ? "just now" : `${durationWords(Math.floor(ms / 1000))} ago`;
}

function fieldsOf({ provider, from, seenAtMs, why, limits }: ServiceLimits): Readonly<Record<string, unknown>> {
  return {
    provider,
    from,
    seen_at: seenAtMs === undefined ? null : new Date(seenAtMs).toISOString(),
    why: why ?? null,
    plan: limits?.plan ?? null,
    credits: limits?.credits ?? null,
    windows: (limits?.windows ?? []).map(({ name, usedPercent, windowMinutes, resetsAtMs }) => ({
      name,
      used_percent: usedPercent,
      window_minutes: windowMinutes ?? null,
      resets_at: resetsAtMs === undefined ? null : new Date(resetsAtMs).toISOString(),
    })),
  };
}
