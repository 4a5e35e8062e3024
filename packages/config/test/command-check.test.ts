import { chmodSync, readFileSync } from "node:fs";
import { KEYS } from "@scorpiox/sxutil";
import { describe, expect, it } from "vitest";
import { SampleCommand } from "./sample-command.js";

const USER = "~/.scorpiox/scorpiox-env.txt";

describe("check", () => {
  it("finds nothing where nothing is wrong", async () => {
    const command = new SampleCommand({ [USER]: "MODEL=opus\n" });
    expect(await command.run(["check"])).toEqual({ code: 0, stdout: "nothing is wrong\n", stderr: "" });
    expect(JSON.parse((await command.run(["check", "--json"])).stdout)).toEqual({ ok: true, problems: [] });
  });

  it.each<[code: string, files: Record<string, string>, env: Record<string, string>, message: RegExp]>([
    ["duplicate_key", { [USER]: "MODEL=a\nMODEL=b\n" }, {}, /^~.* line 2: MODEL stands 2 times, lines 1, 2; the last/],
    ["unknown_key", { [USER]: "\nMODLE=a\n" }, {}, /line 2: MODLE is no key; did you mean MODEL/],
    ["broken_file", { [USER]: "MODEL=a\nnonsense\n" }, {}, /line 2 has "nons…" and no = sign/],
    ["wrong_value", { [USER]: "PROVIDER=codx\n" }, {}, /line 1: PROVIDER is "codx"; choose/],
    ["wrong_value", { [USER]: "PROVIDER=codx\n" }, { PROVIDER: "codex" }, /line 1: PROVIDER is "codx"/],
    ["wrong_value", {}, { PROVIDER: "codx" }, /^PROVIDER is "codx" \(environment\)/],
    ["wrong_value", { "~/.scorpiox/scorpiox-env/w.txt": "TOOLS=maybe\n" }, {}, /w\.txt line 1: TOOLS is "maybe"/],
    ["no_effect", { "./scorpiox-env/w.txt": "ACTIVE_PROFILE=x\n" }, {}, /has no effect inside a profile/],
    ["cascade", {}, { ACTIVE_PROFILE: "gone" }, /there is no such profile/],
    ["broken_file", { "~/.scorpiox/trust.json": "{" }, {}, /trust\.json is broken/],
    [
      "stale_trust",
      { "~/.scorpiox/trust.json": '{"version":1,"projects":{"/not/there":{}}}' },
      {},
      /not\/there .* gone/,
    ],
  ])("finds %s in %j", async (code, files, env, message) => {
    const command = new SampleCommand(files);
    for (const name of Object.keys(files)) chmodSync(command.path(name), 0o600);
    const ran = await command.run(["check"], { env });
    expect(ran.code).toBe(52);
    expect(ran.stdout).toMatch(message);
    const { problems } = JSON.parse((await command.run(["check", "--json"], { env })).stdout) as { problems: object[] };
    expect(problems).toMatchObject([{ code }]);
  });

  it("finds secrets that others may read", async () => {
    const command = new SampleCommand({ [USER]: "OPENAI_API_KEY=sk-123456\n" });
    chmodSync(command.path(USER), 0o640);
    expect((await command.run(["check"])).stdout).toMatch(/it holds a secret and others may read it; chmod 600 it/);
    chmodSync(command.path(USER), 0o600);
    expect((await command.run(["check"])).code).toBe(0);
  });

  it("finds a project that changed since it was trusted", async () => {
    const command = new SampleCommand();
    await command.run(["set", "ROUTER_URL", "http://r", "--tier", "project"]);
    expect((await command.run(["check"])).code).toBe(0);
    const { writeFileSync } = await import("node:fs");
    writeFileSync(command.path("./scorpiox-env.txt"), "ROUTER_URL=http://evil\n");
    expect((await command.run(["check"])).stdout).toMatch(/scorpiox-env\.txt changed since it was trusted/);
  });
});

describe("keys", () => {
  it("has every key in each form; the page holds the Markdown one", async () => {
    const command = new SampleCommand();
    const { keys } = JSON.parse((await command.run(["keys", "--json"])).stdout) as { keys: { name: string }[] };
    expect(keys.map(({ name }) => name)).toEqual(KEYS.map(({ name }) => name));
    expect((await command.run(["keys"])).stdout.trimEnd().split("\n")).toHaveLength(KEYS.length);
    const page = readFileSync(new URL("../../../docs/configuration.md", import.meta.url), "utf8");
    expect(page).toContain((await command.run(["keys", "--markdown"])).stdout);
  });
});
