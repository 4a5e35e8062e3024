import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openBrowser } from "../../../src/credentials/login/browser-open.js";

const URL_TO_OPEN = "https://auth.example/oauth/authorize?a=1&b=$(id)";

/** A folder with a program `xdg-open` that notes what it was given. */
function desktop(exitCode: number): { readonly folder: string; readonly note: string } {
  const folder = mkdtempSync(join(tmpdir(), "sx-browser-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const note = join(folder, "note");
  const lines = ["#!/bin/sh", `{ printf '%s\\n' "$#" "$1"; env; } > '${note}'`, `exit ${exitCode}`, ""];
  writeFileSync(join(folder, "xdg-open"), lines.join("\n"));
  chmodSync(join(folder, "xdg-open"), 0o755);
  return { folder, note };
}

describe("openBrowser", () => {
  it("hands the address over as one argument, without a shell and without our secrets", async () => {
    const { folder, note } = desktop(0);
    const env = {
      PATH: `${folder}:/usr/bin:/bin`,
      DISPLAY: ":0",
      TOKEN_HTTP_API_KEY: "SECRET",
      CODEX_SSH_PASS: "SECRET",
    };
    expect(await openBrowser(URL_TO_OPEN, { env, platform: "linux" })).toBe(true);
    const [count, url, ...rest] = readFileSync(note, "utf8").split("\n");
    expect([count, url]).toEqual(["1", URL_TO_OPEN]);
    expect(rest).toContain("DISPLAY=:0");
    expect(rest.join("\n")).not.toContain("SECRET");
  });

  it.each([
    ["there is no screen", { DISPLAY: "" }, undefined],
    ["PATH leads there from the current folder only", { DISPLAY: ":0" }, "relative"],
    ["the program is not there", { DISPLAY: ":0" }, "/nonexistent"],
  ])("says so when %s", async (_name, env, path) => {
    const { folder, note } = desktop(0);
    const PATH = path === "relative" ? relative(process.cwd(), folder) : (path ?? folder);
    expect(await openBrowser(URL_TO_OPEN, { env: { ...env, PATH }, platform: "linux" })).toBe(false);
    expect(existsSync(note)).toBe(false);
  });

  it("opens nothing for a login that is over", async () => {
    const { folder, note } = desktop(0);
    const signal = AbortSignal.abort();
    expect(await openBrowser(URL_TO_OPEN, { env: { PATH: folder, DISPLAY: ":0" }, platform: "linux", signal })).toBe(
      false,
    );
    expect(existsSync(note)).toBe(false);
  });

  it("says so when the program fails", async () => {
    const { folder } = desktop(3);
    expect(await openBrowser(URL_TO_OPEN, { env: { PATH: folder, DISPLAY: ":0" }, platform: "linux" })).toBe(false);
  });

  it.each(["file:///etc/passwd", "javascript:alert(1)", "-x", "https://a.example/ b", "https://a.example/\u001b[2J"])(
    "refuses %j",
    async (url) => {
      await expect(openBrowser(url, { env: {}, platform: "linux" })).rejects.toThrow("no web address");
    },
  );
});
