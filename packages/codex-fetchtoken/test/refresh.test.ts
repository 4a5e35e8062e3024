import { beforeAll, describe, expect, it } from "vitest";
import { AuthorityHome } from "./authority-home.js";
import { checkBuilt, run } from "./command-run.js";

beforeAll(checkBuilt);

describe("an expired login", () => {
  it("is refreshed, saved and printed", async () => {
    const home = await AuthorityHome.start();
    const old = home.signIn();
    const ran = await run(home, ["--format", "token"]);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    const { access_token: saved } = home.read().tokens;
    expect(ran.stdout).toBe(`${saved}\n`);
    expect(saved).not.toBe(old);
    expect(home.authority.stateOf(saved)).toBe("live");
    expect(home.authority.counters()).toMatchObject({ refreshes: 1, reuses: 0 });
    expect(await run(home, ["--format", "token"])).toEqual(ran);
    expect(home.authority.counters()).toMatchObject({ refreshes: 1 });
  });
});
