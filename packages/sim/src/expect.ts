import { show } from "./json-check.js";
import type { Expectation, TextConditions, TextMatch, ToolResultMatch } from "./script.js";
import type { SeenRequest, SeenToolResult } from "./wire.js";

/** Characters of a text that a message quotes. */
const QUOTED_CHARS = 160;

/**
 * What about a request is not as the script wants it, one line for each difference: what was wanted, what was got.
 * Empty when all is well.
 */
export function findDifferences(expect: Expectation, seen: SeenRequest): readonly string[] {
  return [
    ...compareText("model", expect.model, seen.model),
    ...compareText("system", expect.system, seen.system),
    ...compareText("lastUserText", expect.lastUserText, lastUserText(seen)),
    ...compareTools(expect.tools ?? [], seen),
    ...compareResults(expect.toolResults, seen.toolResults),
    ...Object.entries(expect.headers ?? {}).flatMap(([name, match]) =>
      compareText(`header ${name.toLowerCase()}`, match, seen.headers[name.toLowerCase()]),
    ),
    ...compareText(
      "body",
      expect.bodyContains === undefined ? undefined : { contains: expect.bodyContains },
      seen.body,
    ),
  ];
}

/** The text of the newest user message that has any; tool results do not count. */
export function lastUserText(seen: { readonly messages: SeenRequest["messages"] }): string {
  for (const message of seen.messages.toReversed()) {
    if (message.role !== "user") continue;
    const said = message.content.flatMap((block) => (block.type === "text" ? [block.text] : []));
    if (said.length > 0) return said.join("\n");
  }
  return "";
}

function compareTools(wanted: readonly string[], seen: SeenRequest): readonly string[] {
  const offered = seen.tools.map((tool) => tool.name);
  const missing = wanted.filter((name) => !offered.includes(name));
  if (missing.length === 0) return [];
  return [`tools: wanted ${missing.join(", ")}; got ${offered.join(", ") || "none"}`];
}

function compareResults(
  wanted: readonly ToolResultMatch[] | undefined,
  got: readonly SeenToolResult[],
): readonly string[] {
  if (wanted === undefined) return [];
  if (wanted.length !== got.length) {
    const names = got.map((result) => result.name || result.toolUseId).join(", ");
    return [`toolResults: wanted ${wanted.length}; got ${got.length}${names === "" ? "" : ` (${names})`}`];
  }
  return wanted.flatMap((match, index) => {
    const result = got[index];
    if (result === undefined) return [];
    const at = `toolResults[${index}]`;
    const { name, isError, ...conditions } = match;
    return [
      ...compareText(`${at}.name`, name, result.name),
      ...compareText(at, conditions, result.text),
      ...(isError !== undefined && result.isError !== undefined && isError !== result.isError
        ? [`${at}.isError: wanted ${isError}; got ${result.isError}`]
        : []),
    ];
  });
}

function compareText(at: string, match: TextMatch | undefined, got: string | undefined): readonly string[] {
  if (match === undefined) return [];
  const { equals, contains = [], matches }: TextConditions = typeof match === "string" ? { equals: match } : match;
  const text = got ?? "";
  const missed: string[] = [];
  if (equals !== undefined && text !== equals) missed.push(quote(equals));
  for (const piece of typeof contains === "string" ? [contains] : contains) {
    if (!text.includes(piece)) missed.push(`text with ${quote(piece)}`);
  }
  if (matches !== undefined && !new RegExp(matches, "u").test(text)) missed.push(`a match of /${matches}/u`);
  return missed.map((wanted) => `${at}: wanted ${wanted}; got ${got === undefined ? "none" : quote(text)}`);
}

function quote(text: string): string {
  if (text.length <= QUOTED_CHARS) return JSON.stringify(text);
  return `${JSON.stringify(text.slice(0, QUOTED_CHARS))} … (${text.length} characters)`;
}

/** A turn as messages name it: `turn 3 "fix the bug"`. */
export function nameOfTurn(number: number, name: string | undefined): string {
  return name === undefined ? `turn ${number}` : `turn ${number} ${show(name)}`;
}
