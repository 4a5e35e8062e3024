import { describe, expect, it } from "vitest";
import { SampleCommand } from "./sample-command.js";

const files = {
  "~/.scorpiox/scorpiox-env.txt": "MODEL=opus\nOPENAI_API_KEY=sk-verysecret-1234\n",
  "./scorpiox-env.txt": "MODEL=haiku\nCODEX_BASE_URL=http://x\nMODLE=x\n",
};

describe("list", () => {
  it("prints what is set, in the order of the table, and nothing else", async () => {
    const ran = await new SampleCommand(files).run(["list"], { env: { PROVIDER: "codex" } });
    expect(ran).toMatchObject({ code: 0, stdout: "PROVIDER=codex\nMODEL=haiku\nOPENAI_API_KEY=****1234\n" });
    expect(ran.stderr).toMatch(
      /unknown key MODLE .*did you mean MODEL\n.*ignored, because a project file may not decide it: CODEX_BASE_URL/,
    );
  });

  it("adds origins and defaults when asked", async () => {
    const { stdout } = await new SampleCommand(files).run(["list", "--all", "--show-origin"]);
    expect(stdout).toContain("project ~/project/scorpiox-env.txt:1\tMODEL=haiku\n");
    expect(stdout).toContain("default\tCODEX_TOKEN_SOURCE=local\n");
  });

  it("prints one JSON document", async () => {
    const command = new SampleCommand(files);
    const ran = await command.run(["list", "--json"]);
    expect(ran.stdout + ran.stderr).not.toContain("verysecret");
    expect(JSON.parse(ran.stdout)).toMatchObject({
      settings: [
        {
          key: "MODEL",
          value: "haiku",
          tier: "project",
          path: command.path("./scorpiox-env.txt"),
          line: 1,
          shadows: [{ value: "opus" }, { value: "sonnet" }],
        },
        { key: "OPENAI_API_KEY", value: "****1234", secret: true },
      ],
      ignored: [{ key: "CODEX_BASE_URL", reason: "untrusted", line: 2 }],
      warnings: [expect.stringContaining("MODLE"), expect.stringContaining("CODEX_BASE_URL")],
      files: expect.arrayContaining([{ tier: "project", path: command.path("./scorpiox-env.txt"), found: true }]),
    });
  });

  it("goes on past broken files and wrong values, and shows control characters as text", async () => {
    const command = new SampleCommand({
      "./scorpiox-env.txt": "what\n",
      "~/.scorpiox/scorpiox-env.txt": "MODEL=a\u001b[2Jb\nTOOLS=1",
    });
    const ran = await command.run(["list"]);
    expect(ran).toMatchObject({ code: 0, stdout: "MODEL=a\\u001b[2Jb\nTOOLS=1\n" });
    expect(ran.stderr).toMatch(/line 1 has "what".*\n.*MODEL is "a\\u001b\[2Jb" \(user tier/);
  });

  it("reveals secrets on a terminal only", async () => {
    const command = new SampleCommand(files);
    expect((await command.run(["list", "--reveal"], { terminal: true })).stdout).toContain("verysecret");
    expect(await command.run(["list", "--reveal"])).toMatchObject({ code: 2, stdout: "" });
  });
});
