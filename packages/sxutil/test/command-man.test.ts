import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { formatManPage } from "../src/command-man.js";
import { SAMPLE } from "./sample-command.js";

const page = formatManPage(SAMPLE, {
  source: "scorpiox code",
  sections: [
    { title: "FILES", rows: [{ term: "~/.sx-tool", help: "what is kept" }] },
    { title: "NOTES", text: [".dots and 'quotes' stay"] },
  ],
});
const hasGroff = spawnSync("groff", ["--version"]).status === 0;

describe("formatManPage", () => {
  it.skipIf(!hasGroff)("is read by groff without a complaint, and says it all (skipped without groff)", () => {
    const { status, stdout, stderr } = spawnSync("groff", ["-man", "-Tutf8", "-ww", "-P-cbou", "-rLL=200n"], {
      input: page,
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const text of [
      "sx-tool - does one thing, and isn't sorry: it's `that` simple\n",
      "sx-tool shell bash|fish",
      "add [NAME]",
      "adds: one, or 'two'; options: --force, --note",
      "--format FORMAT",
      "what: to print (json, token-only)",
      "-i, --input FILE",
      "--config, -config",
      "say $(why)",
      "~/.sx-tool",
      ".dots and 'quotes' stay",
      String.raw`sx-tool --input 'C:\new' | head`,
      ".starts with a dot",
      String.raw`'quoted' at the start of a line, and a back\slash.`,
    ]) {
      expect(stdout).toContain(text);
    }
    expect(stdout).not.toContain("secret-door");
  });

  it("writes no line that troff could take for a request", () => {
    const requests = page.split("\n").filter((line) => /^[.']/u.test(line));
    for (const request of requests) expect(request).toMatch(/^\.(?:\\"|TH|SH|SS|PP|TP|br)/u);
  });
});
