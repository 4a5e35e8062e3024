import { describe, expect, it } from "vitest";
import { SampleCommand } from "./sample-command.js";

const files = {
  "~/.claude/scorpiox-env.txt": "# x\nMODEL=opus\nOPENAI_API_KEY=sk-verysecret-1234\n",
  "./scorpiox-env.txt": "PROVIDER=codex\n",
};

describe("get", () => {
  it.each<[argv: readonly string[], code: number, stdout: string]>([
    [["MODEL"], 0, "opus\n"],
    [["PROVIDER"], 0, "codex\n"],
    [["CODEX_TOKEN_SOURCE"], 0, "local\n"],
    [["CODEX_BASE_URL"], 1, ""],
    [["MODLE"], 2, ""],
    [["MODEL", "--show-origin"], 0, "user ~/.claude/scorpiox-env.txt:2\topus\n"],
    [["CODEX_TOKEN_SOURCE", "--show-origin"], 0, "default\tlocal\n"],
  ])("%j", async (argv, code, stdout) => {
    expect(await new SampleCommand(files).run(["get", ...argv])).toMatchObject({ code, stdout });
  });

  it("masks secrets, and reveals them on a terminal only", async () => {
    const command = new SampleCommand(files);
    expect((await command.run(["get", "OPENAI_API_KEY"])).stdout).toBe("****1234\n");
    expect(await command.run(["get", "OPENAI_API_KEY", "--reveal"])).toMatchObject({ code: 2, stdout: "" });
    expect((await command.run(["get", "OPENAI_API_KEY", "--reveal"], { terminal: true })).stdout).toBe(
      "sk-verysecret-1234\n",
    );
    expect(
      JSON.stringify(
        await command.run(["get", "OPENAI_API_KEY", "--json"], { env: { OPENAI_API_KEY: "sk-othersecret-5678" } }),
      ),
    ).not.toMatch(/verysecret|othersecret/);
  });

  it("gives one JSON document with everything about the value", async () => {
    const command = new SampleCommand(files);
    const { stdout } = await command.run(["get", "MODEL", "--json"], { env: { MODEL: "haiku" } });
    expect(JSON.parse(stdout)).toEqual({
      key: "MODEL",
      secret: false,
      value: "haiku",
      tier: "environment",
      path: null,
      line: null,
      shadows: [
        { value: "opus", tier: "user", path: command.path("~/.claude/scorpiox-env.txt"), line: 2 },
        { value: "sonnet", tier: "default", path: null, line: null },
      ],
    });
  });

  it("fails rather than guesses when a file or value is wrong", async () => {
    expect(await new SampleCommand({ "./scorpiox-env.txt": "what\n" }).run(["get", "MODEL"])).toMatchObject({
      code: 52,
      stdout: "",
      stderr: expect.stringContaining("~/project/scorpiox-env.txt line 1"),
    });
    expect(await new SampleCommand().run(["get", "MODEL"], { env: { TOOLS: "maybe" } })).toMatchObject({
      code: 52,
      stdout: "",
    });
  });

  it("says on stderr what was ignored", async () => {
    const ran = await new SampleCommand({ "./scorpiox-env.txt": "CODEX_BASE_URL=http://x" }).run([
      "get",
      "CODEX_BASE_URL",
    ]);
    expect(ran).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("ignored, because a project file may not decide it"),
    });
  });
});
