import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type CodexAuthFile, type Sim, type SimEvent, startSim } from "../src/index.js";
import { refresh } from "./authority-client.js";
import { codexBody, post } from "./client.js";

const open: Sim[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((sim) => sim.close()));
});

describe("a simulator with an authority", () => {
  it("answers the Codex provider only with a token that is good", async () => {
    const events: SimEvent[] = [];
    const script = { turns: [{ times: "any" as const, reply: [{ text: "ok" }] }] };
    const sim = await startSim({ script, authority: true, onEvent: (event) => events.push(event) });
    open.push(sim);
    const { authority } = sim;
    if (authority === undefined) throw new Error("there is no authority");
    expect(sim.env).toMatchObject({ CODEX_OAUTH_URL: authority.url, CODEX_TOKEN_SOURCE: "local", PROVIDER: "codex" });
    const file = sim.env["CODEX_CREDENTIALS_FILE"] ?? "";
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { tokens } = JSON.parse(await readFile(file, "utf8")) as CodexAuthFile;
    const ask = async (accessToken: string, path?: string): Promise<number> =>
      (await post(sim, codexBody("hi"), { authorization: `Bearer ${accessToken}` }, path)).status;
    expect(await ask(tokens.access_token)).toBe(200);
    expect(await ask("nobody")).toBe(401);
    // Other providers have keys, not logins.
    expect(await ask("nobody", "/v1/responses")).toBe(200);
    await refresh(authority, tokens.refresh_token);
    await refresh(authority, tokens.refresh_token);
    expect(await ask(tokens.access_token)).toBe(401);
    expect(events.filter((event) => event.type === "violation")).toEqual([
      { type: "violation", message: "request 2: a refresh token of family 1 was used again" },
    ]);
    await sim.close();
    await expect(stat(dirname(file))).rejects.toThrow("ENOENT");
    await expect(fetch(`${authority.url}/codex/device`)).rejects.toThrow("fetch failed");
  });
});
