import { renameSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SampleCommand } from "./sample-command.js";

const FILE = "./scorpiox-env.txt";
const RISKY =
  "MODEL=opus\nCODEX_BASE_URL=https://elsewhere.example/x\nCODEX_TOKEN_SOURCE=ssh\nOPENAI_API_KEY=sk-12345678abcd\n";
const yes = { terminal: true, stdin: "y\n" };

async function valueOf(command: SampleCommand, key = "CODEX_BASE_URL"): Promise<string> {
  return (await command.run(["get", key])).stdout;
}

describe("trust", () => {
  it("shows what would be allowed, asks, and allows exactly that", async () => {
    const command = new SampleCommand({ [FILE]: RISKY });
    const ran = await command.run(["trust"], yes);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain("scorpiox-env.txt (not trusted)");
    expect(ran.stdout).toContain("line 2: CODEX_BASE_URL=https://elsewhere.example/x");
    expect(ran.stdout).toMatch(
      /requests of codex, with what you write and your login .* would go to elsewhere\.example/,
    );
    expect(ran.stdout).toContain("line 3: CODEX_TOKEN_SOURCE=ssh");
    expect(ran.stdout).toContain("line 4: OPENAI_API_KEY=****abcd");
    expect(ran.stdout).not.toContain("sk-1234");
    expect(ran.stderr).toContain("Allow this for ~/project? [y/N]");
    expect(await valueOf(command)).toBe("https://elsewhere.example/x\n");
    expect(statSync(command.path("~/.scorpiox/trust.json")).mode & 0o777).toBe(0o600);
    expect(command.text("~/.scorpiox/trust.json")).not.toContain("sk-1234");
    expect((await command.run(["trust"])).code).toBe(0);
  });

  it.each(["n\n", "\n", "yess\n", ""])("takes %j for a no", async (stdin) => {
    const command = new SampleCommand({ [FILE]: RISKY });
    expect(await command.run(["trust"], { terminal: true, stdin })).toMatchObject({ code: 55 });
    expect(await valueOf(command)).toBe("");
  });

  it("asks nothing without a terminal, and allows nothing", async () => {
    const command = new SampleCommand({ [FILE]: RISKY });
    const ran = await command.run(["trust"], { stdin: "y\n" });
    expect(ran.code).toBe(55);
    expect(ran.stderr).toMatch(/^~\/project was not allowed anything; nobody can be asked here.*--yes$/);
    expect(await valueOf(command)).toBe("");
    expect(await command.run(["trust", "--yes"])).toMatchObject({ code: 0 });
    expect(await valueOf(command)).not.toBe("");
  });

  it("asks again for changed content, and shows the difference", async () => {
    const command = new SampleCommand({ [FILE]: RISKY });
    await command.run(["trust", "--yes"]);
    writeFileSync(command.path(FILE), "CODEX_BASE_URL=https://evil.example\nROUTER_URL=http://r\n");
    expect(await valueOf(command)).toBe("");
    const ran = await command.run(["trust"], { terminal: true, stdin: "n\n" });
    expect(ran.stdout).toContain("changed since you allowed it");
    expect(ran.stdout).toContain("CODEX_BASE_URL=https://evil.example  (was https://elsewhere.example/x)");
    expect(ran.stdout).toContain("ROUTER_URL=http://r  (new)");
    expect(ran.stdout).toContain("CODEX_TOKEN_SOURCE is gone; it was ssh");
    expect(await valueOf(command)).toBe("");
  });

  it("makes look-alike hosts and hidden characters visible", async () => {
    const command = new SampleCommand({ [FILE]: "CODEX_BASE_URL=https://ch\u0430tgpt.com\nCODEX_SSH_HOST=a\u202eb\n" });
    const { stdout } = await command.run(["trust"]);
    expect(stdout).toContain("xn--");
    expect(stdout).toContain(String.raw`a\u202eb`);
    expect(stdout).not.toContain("\u202e");
  });

  it("is revoked, listed, and lost when the project moves", async () => {
    const command = new SampleCommand({ [FILE]: RISKY });
    await command.run(["trust", "--yes"]);
    expect((await command.run(["trust", "--list"])).stdout).toBe("trusted\t~/project\n");
    writeFileSync(command.path(FILE), `${RISKY}#\n`);
    expect((await command.run(["trust", "--list"])).stdout).toBe("changed\t~/project\n");
    renameSync(command.cwd, `${command.cwd}2`);
    expect((await command.run(["trust", "--list"])).stdout).toBe("gone\t~/project\n");
    expect((await command.run(["trust", "--revoke", command.cwd])).stderr).toContain("is no longer trusted");
    expect((await command.run(["trust", "--list"])).stdout).toBe("");
  });

  it("answers in JSON", async () => {
    const command = new SampleCommand({ [FILE]: RISKY });
    const ran = await command.run(["trust", "--json"]);
    expect(ran.code).toBe(55);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      root: command.cwd,
      allowed: false,
      files: [
        {
          name: "scorpiox-env.txt",
          state: "new",
          keys: [
            { key: "CODEX_BASE_URL", value: "https://elsewhere.example/x", line: 2, class: "redirects" },
            { key: "CODEX_TOKEN_SOURCE", value: "ssh" },
          ],
          secrets: [{ key: "OPENAI_API_KEY", value: "****abcd" }],
        },
      ],
    });
    await command.run(["trust", "--yes"]);
    expect(JSON.parse((await command.run(["trust", "--list", "--json"])).stdout)).toMatchObject({
      projects: [{ root: command.cwd, gone: false, files: [{ state: "trusted" }] }],
    });
    expect(JSON.parse((await command.run(["trust", "--revoke", "--json"])).stdout)).toEqual({
      root: command.cwd,
      revoked: true,
    });
  });

  it("is not asked for what scorpiox-config wrote itself, and stops where others had written", async () => {
    const own = new SampleCommand();
    await own.run(["set", "CODEX_BASE_URL", "https://mine.example", "--tier", "project"]);
    await own.run(["set", "MODEL", "opus", "--tier", "project"]);
    expect(await valueOf(own)).toBe("https://mine.example\n");
    await own.run(["unset", "MODEL", "--tier", "project"]);
    expect(await valueOf(own)).toBe("https://mine.example\n");
    const theirs = new SampleCommand({ [FILE]: "ROUTER_URL=http://theirs\n" });
    await theirs.run(["set", "CODEX_BASE_URL", "https://mine.example", "--tier", "project"]);
    expect(await valueOf(theirs, "ROUTER_URL")).toBe("");
    expect(await valueOf(theirs)).toBe("");
  });
});

it("--show-origin and --json tell what a value hides and what waits for trust", async () => {
  const command = new SampleCommand({
    [FILE]: "MODEL=opus\nCODEX_BASE_URL=http://theirs\n",
    "~/.scorpiox/scorpiox-env.txt": "MODEL=haiku\nCODEX_BASE_URL=http://mine\n",
  });
  const { stdout } = await command.run(["list", "--show-origin"]);
  expect(stdout).toBe(
    [
      "project ~/project/scorpiox-env.txt:1\tMODEL=opus",
      "  hides haiku (user ~/.scorpiox/scorpiox-env.txt:1)",
      "user ~/.scorpiox/scorpiox-env.txt:2\tCODEX_BASE_URL=http://mine",
      "  ignored: http://theirs (project ~/project/scorpiox-env.txt:2), until scorpiox-config trust allows it",
      "",
    ].join("\n"),
  );
  expect((await command.run(["list", "--tier", "user"])).stdout).toBe("MODEL=haiku\nCODEX_BASE_URL=http://mine\n");
  expect((await command.run(["list", "--files"])).stdout).toContain("project\tfound\t~/project/scorpiox-env.txt\n");
});
