import { stripVTControlCharacters } from "node:util";
import type { CallView, SessionView } from "./session-view.js";

/** The words that every written form of a session shares. */

/** `2026-11-21 04:10 UTC`. */
export function timeWords(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** Foreign text without what steers a terminal or has no place in a document; tabs and line ends stay. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text.replaceAll(/\r\n?/g, "\n")).replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}

/** Facts about a session, each with its name. */
export function factsOf(view: SessionView): readonly (readonly [name: string, value: string])[] {
  const { usage, costUsd, createdAtMs, endedAtMs, parentId } = view;
  const input = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  const started = createdAtMs === undefined ? [] : [["started", timeWords(createdAtMs)] as const];
  const isLater = endedAtMs !== undefined && endedAtMs - (createdAtMs ?? 0) >= 60_000;
  return [
    ["model", view.models.join(", ") || "none"],
    ...started,
    ...(isLater ? [["last entry", timeWords(endedAtMs)] as const] : []),
    [
      "tokens",
      `${grouped(input)} in, ${grouped(usage.cacheReadTokens)} of them cached, ${grouped(usage.outputTokens)} out`,
    ],
    ...(costUsd === undefined ? [] : [["cost", `$${costUsd.toFixed(4)}`] as const]),
    ...(view.cwd === undefined ? [] : [["folder", view.cwd] as const]),
    ["session", view.id],
    ...(parentId === undefined ? [] : [["forked from", parentId] as const]),
  ];
}

/** How a call ended, in a few words; `isGood` when as it should. */
export function outcomeWords({ result, outcome }: CallView): { readonly text: string; readonly isGood: boolean } {
  if (result === undefined) return { text: "interrupted", isGood: false };
  const { status = result.isError === true ? "error" : "ok", exitCode, durationMs, truncated } = outcome ?? {};
  const hasFailed = exitCode !== undefined && exitCode !== 0;
  const words = [
    status === "ok" || (status === "error" && hasFailed) ? [] : [status],
    hasFailed ? [`exit ${exitCode}`] : [],
    durationMs === undefined ? [] : [durationWords(durationMs)],
    truncated === true ? ["output shortened"] : [],
  ].flat();
  return { text: plainText(words.join(", ")), isGood: status === "ok" && !hasFailed };
}

/** What a call is about: the one argument that tells most. */
export function callSummary({ call }: CallView): string {
  for (const name of ["command", "path", "pattern", "url", "query"]) {
    const value = call.input[name];
    if (typeof value === "string") return plainText(value).trim().split("\n", 1)[0] ?? "";
  }
  return "";
}

/** The arguments of a call, each as text and with the language it is written in, as far as that is known. */
export function callArguments({
  call,
}: CallView): readonly { readonly name: string; readonly text: string; readonly language: string }[] {
  if (call.inputError !== undefined) {
    return [{ name: plainText(call.inputError), text: plainText(call.rawInput ?? ""), language: "" }];
  }
  const path = typeof call.input["path"] === "string" ? call.input["path"] : "";
  return Object.entries(call.input).map(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value, undefined, 2);
    const language = typeof value === "string" ? languageOf(name, path) : "json";
    return { name: plainText(name), text: plainText(text), language };
  });
}

function languageOf(name: string, path: string): string {
  if (name === "command") return "bash";
  return name === "content" ? (/\.([a-z0-9]{1,10})$/i.exec(path)?.[1]?.toLowerCase() ?? "") : "";
}

/** A result's text; images are named by whoever writes them. */
export function resultText({ result }: CallView): string {
  const texts = result?.content.flatMap((part) => (part.type === "text" ? [part.text] : [])) ?? [];
  return plainText(texts.join("\n"));
}

function durationWords(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

/** Digits in threes, the same in every locale. */
function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, " ");
}
