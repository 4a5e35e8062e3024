import { colorDecision } from "@scorpiox/sxutil";
import type { ExamineOptions } from "./examine-options.js";
import type { Finding } from "./finding.js";

const MIN_COLUMNS = 40;

/** What the terminal can do, by what it says of itself. */
export function examineTerminal({ io: { env, stdout } }: ExamineOptions): readonly Finding[] {
  const area = "terminal";
  if (stdout.isTTY !== true) return [{ area, level: "ok", text: "none: the output goes elsewhere" }];
  const name = env["TERM"] ?? "";
  const color = colorDecision({ flag: undefined, env, isTTY: true });
  const within = [env["TMUX"] ? "tmux" : "", env["SSH_CONNECTION"] ? "SSH" : ""].filter((word) => word !== "");
  const facts = [
    name === "" ? "TERM is not set" : name,
    `${stdout.columns ?? 80}×${stdout.rows ?? 24}`,
    color ? "colours" : "no colours",
    ...(within.length === 0 ? [] : [`within ${within.join(" and ")}`]),
  ];
  const isDumb = name === "" || name === "dumb";
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  return [
    isDumb
      ? {
          area,
          level: "warning",
          text: facts.join(", "),
          advice: "the chat goes line by line; set TERM to what the terminal is",
        }
      : { area, level: "ok", text: facts.join(", ") },
    ...((stdout.columns ?? 80) < MIN_COLUMNS
      ? [{ area, level: "warning" as const, text: `narrower than ${MIN_COLUMNS} columns`, advice: "make it wider" }]
      : []),
    ...(/utf-?8/i.test(locale)
      ? []
      : [
          {
            area,
            level: "warning" as const,
            text: `the locale ${locale === "" ? "is not set" : `is ${locale}`}`,
            advice: "where signs look broken, set LANG to one with UTF-8",
          },
        ]),
  ];
}
