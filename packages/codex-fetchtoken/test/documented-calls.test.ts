import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FETCHTOKEN, parseArgs } from "../src/args.js";

const page = readFileSync(new URL("../../../docs/fetchtoken.md", import.meta.url), "utf8");
/** Up to whatever ends a simple command in a shell, in a table or in a quoted string. */
const calls = [...page.matchAll(/scorpiox-codex-fetchtoken((?: [\w./=-]+)+)/gu)].map(([, rest = ""]) => rest.trim());
const subcommands = [...page.matchAll(/^\| `((?:login|logout|status|refresh)[^`|]*)`/gmu)].map(([, call = ""]) => call);

describe("docs/fetchtoken.md", () => {
  it.each([...new Set([...calls, ...subcommands])])("has a call that is understood: %s", (call) => {
    expect(parseArgs(call.split(" ")).kind).toMatch(/\w/u);
  });

  it("names every format and every subcommand", () => {
    const kinds = new Set([...calls, ...subcommands].map((call) => parseArgs(call.split(" ")).kind));
    expect([...kinds].toSorted()).toEqual(["completion", "login", "logout", "print", "refresh", "status"]);
    const formats = FETCHTOKEN.options.find(({ name }) => name === "format");
    for (const format of formats !== undefined && "choices" in formats ? formats.choices : []) {
      if (format !== "json") expect(page).toContain(`--format ${format}`);
    }
  });
});
