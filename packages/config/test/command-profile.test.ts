import { existsSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SampleCommand } from "./sample-command.js";

const profile = (command: SampleCommand, ...argv: readonly string[]) => command.run(["profile", ...argv]);
const WORK = "~/.scorpiox/scorpiox-env/work.txt";

describe("profile", () => {
  it("is made of pairs, used, shown, listed, switched off and deleted", async () => {
    const command = new SampleCommand();
    expect(await profile(command, "create", "work", "MODEL=opus", "OPENAI_API_KEY=sk-12345678abcd")).toMatchObject({
      code: 0,
      stdout: "",
    });
    expect(command.text(WORK)).toBe("MODEL=opus\nOPENAI_API_KEY=sk-12345678abcd\n");
    expect(statSync(command.path(WORK)).mode & 0o777).toBe(0o600);
    await profile(command, "use", "work");
    expect(command.text("~/.scorpiox/scorpiox-env.txt")).toBe("ACTIVE_PROFILE=work\n");
    expect((await command.run(["get", "MODEL"])).stdout).toBe("opus\n");
    expect((await profile(command, "show", "work")).stdout).toBe("MODEL=opus\nOPENAI_API_KEY=****abcd\n");
    expect((await profile(command, "list")).stdout).toBe(
      "* work\tuser\t~/.scorpiox/scorpiox-env/work.txt\tMODEL OPENAI_API_KEY\n",
    );
    await profile(command, "use", "off");
    expect((await command.run(["get", "MODEL"])).stdout).toBe("sonnet\n");
    expect(await profile(command, "delete", "work")).toMatchObject({ code: 2 });
    expect(await command.run(["profile", "delete", "work"], { terminal: true, stdin: "n\n" })).toMatchObject({
      code: 1,
    });
    expect(existsSync(command.path(WORK))).toBe(true);
    expect(await command.run(["profile", "delete", "work"], { terminal: true, stdin: "y\n" })).toMatchObject({
      code: 0,
    });
    expect(existsSync(command.path(WORK))).toBe(false);
  });

  it("is made of what counts now, but not of what a project alone decides", async () => {
    const command = new SampleCommand({
      "~/.scorpiox/scorpiox-env.txt": "PROVIDER=codex\n",
      "./scorpiox-env.txt": "MODEL=opus\nROUTER_URL=http://theirs\n",
    });
    await command.run(["trust", "--yes"]);
    const ran = await profile(command, "create", "work", "--from-current", "MODEL=haiku");
    expect(command.text(WORK)).toBe("PROVIDER=codex\nMODEL=haiku\n");
    expect(ran.stderr).toContain("left out: ROUTER_URL");
  });

  it.each<[argv: readonly string[], message: RegExp]>([
    [["create", "../x", "MODEL=a"], /has a slash/],
    [["create", "off", "MODEL=a"], /"off" means none/],
    [["create", "w"], /does nothing/],
    [["create", "w", "MODLE=a"], /did you mean MODEL/],
    [["create", "w", "TOOLS=maybe"], /TOOLS is "maybe"/],
    [["create", "w", "ACTIVE_PROFILE=x"], /no effect inside a profile/],
    [["create", "there", "MODEL=a"], /is there already/],
    [["use", "ther"], /there is no profile "ther"; there is there/],
    [["create", "s", "OPENAI_API_KEY=k", "--tier", "project"], /git would commit/],
  ])("refuses %j", async (argv, message) => {
    const command = new SampleCommand({ "~/.scorpiox/scorpiox-env/there.txt": "MODEL=x\n" });
    const ran = await profile(command, ...argv);
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toMatch(message);
    expect(command.text("~/.scorpiox/scorpiox-env/there.txt")).toBe("MODEL=x\n");
  });

  it("tells which file of a name is used, in JSON too", async () => {
    const command = new SampleCommand({
      "./scorpiox-env/w.txt": "MODEL=theirs\n",
      "~/.scorpiox/scorpiox-env/w.txt": "MODEL=mine\n",
    });
    expect((await profile(command, "show", "w")).stdout).toBe("MODEL=mine\n");
    const { profiles } = JSON.parse((await profile(command, "list", "--json")).stdout) as { profiles: object[] };
    expect(profiles).toMatchObject([
      { name: "w", place: "project", used: false, keys: ["MODEL"] },
      { name: "w", place: "user", used: true },
    ]);
  });
});
