import { describe, expect, it } from "vitest";
import { readConfiguration } from "../src/cascade.js";
import type { ConfigurationOptions } from "../src/layers.js";
import { makeSampleHome } from "./sample-home.js";

type Extra = Partial<Omit<ConfigurationOptions, "env">> & { env?: Record<string, string> };

function readFiles(files: Record<string, string>, { env, ...extra }: Extra = {}) {
  const sample = makeSampleHome(files);
  return readConfiguration({ ...sample, ...extra, env: { ...sample.env, ...env } });
}

const project = (text: string, extra?: Extra) => readFiles({ "./scorpiox-env.txt": text }, extra);
const RISKY = "MODEL=opus\nCODEX_BASE_URL=http://elsewhere\nCODEX_TOKEN_SOURCE=ssh\n";

describe("a project file before trust", () => {
  it("may not send anything elsewhere, and says so once", () => {
    const configuration = project(RISKY);
    expect(configuration.settings()).toMatchObject({ MODEL: "opus", CODEX_TOKEN_SOURCE: "local" });
    expect(configuration.value("CODEX_BASE_URL")).toBeUndefined();
    expect(configuration.ignored.map(({ key, reason, value }) => [key, reason, value])).toEqual([
      ["CODEX_BASE_URL", "untrusted", "http://elsewhere"],
      ["CODEX_TOKEN_SOURCE", "untrusted", "ssh"],
    ]);
    expect(configuration.warnings).toEqual([
      "ignored, because a project file may not decide it: CODEX_BASE_URL (project tier, ~/project/scorpiox-env.txt line 2), " +
        "CODEX_TOKEN_SOURCE (project tier, ~/project/scorpiox-env.txt line 3); to allow it, scorpiox-config trust",
    ]);
  });

  it("may repeat what counts anyway, and may not undo it", () => {
    const user = { "~/.scorpiox/scorpiox-env.txt": "CODEX_TOKEN_SOURCE=ssh\nCODEX_SSH_HOST=bastion" };
    const same = readFiles({ ...user, "./scorpiox-env.txt": "CODEX_TOKEN_SOURCE=ssh" });
    expect([same.ignored, same.resolve("CODEX_TOKEN_SOURCE")?.tier]).toEqual([[], "project"]);
    const undone = readFiles({ ...user, "./scorpiox-env.txt": "CODEX_TOKEN_SOURCE=local\nCODEX_SSH_HOST=" });
    expect(undone.settings()).toMatchObject({ CODEX_TOKEN_SOURCE: "ssh", CODEX_SSH_HOST: "bastion" });
  });

  it("may pin an account where nobody has, and not change a pin", () => {
    expect(project("CODEX_ACCOUNT_ID=theirs").value("CODEX_ACCOUNT_ID")).toBe("theirs");
    for (const text of ["CODEX_ACCOUNT_ID=theirs", "CODEX_ACCOUNT_ID="]) {
      const files = { "~/.scorpiox/scorpiox-env.txt": "CODEX_ACCOUNT_ID=mine", "./scorpiox-env.txt": text };
      expect(readFiles(files).value("CODEX_ACCOUNT_ID")).toBe("mine");
    }
  });

  it("is judged against what lies below it, not against another untrusted value", () => {
    const configuration = readFiles({
      "./scorpiox-env.txt": "ROUTER_URL=http://x",
      "./.scorpiox/scorpiox-env.txt": "ROUTER_URL=http://x",
    });
    expect(configuration.ignored).toHaveLength(2);
  });
});

describe("a trusted project", () => {
  it("is used, as a whole or by content", () => {
    expect(project(RISKY, { trusted: true })).toMatchObject({ ignored: [], warnings: [] });
    const byContent = (text: string) =>
      project(RISKY, {
        trustedContent: (path, bytes) =>
          path.endsWith("/project/scorpiox-env.txt") && Buffer.from(bytes).toString() === text,
      });
    expect(byContent(RISKY).value("CODEX_BASE_URL")).toBe("http://elsewhere");
    expect(byContent(`${RISKY} `).value("CODEX_BASE_URL")).toBeUndefined();
  });

  it("may still not weaken guards", () => {
    const configuration = project("SX_APPROVAL_MODE=all\nSX_CA_FILE=/x\nTOOL_BASH=0", { trusted: true });
    expect(configuration.settings()).toMatchObject({ TOOL_BASH: "0" });
    expect(configuration.value("SX_APPROVAL_MODE")).toBeUndefined();
    expect(configuration.ignored.map(({ key, reason }) => [key, reason])).toEqual([
      ["SX_APPROVAL_MODE", "never"],
      ["SX_CA_FILE", "never"],
    ]);
    expect(configuration.warnings).toHaveLength(1);
    expect(configuration.warnings[0]).toMatch(
      /^ignored, because no project may set it: SX_APPROVAL_MODE .*set it in the user tier or the environment$/,
    );
  });
});

describe("secrets", () => {
  const user = (text: string) => ({ "~/.scorpiox/scorpiox-env.txt": text });

  it("of a project go to the provider's own host", () => {
    expect(project("OPENAI_API_KEY=k").value("OPENAI_API_KEY")).toBe("k");
    expect(project("OPENAI_API_KEY=k\nOPENAI_BASE_URL=https://api.openai.com/v1").value("OPENAI_API_KEY")).toBe("k");
  });

  it("of the user never go to a trusted project's host, also when two of its files name it", () => {
    const host = "OPENAI_BASE_URL=http://127.0.0.1:1/v1\n";
    const files = {
      ...user("OPENAI_API_KEY=users"),
      "./scorpiox-env.txt": host,
      "./.scorpiox/scorpiox-env.txt": host,
    };
    const configuration = readFiles(files, { trusted: true });
    expect(configuration.value("OPENAI_BASE_URL")).toBe("http://127.0.0.1:1/v1");
    expect(configuration.value("OPENAI_API_KEY")).toBeUndefined();
    const own = readFiles({ ...files, "./.claude/scorpiox-env.txt": "OPENAI_API_KEY=its" }, { trusted: true });
    expect(own.value("OPENAI_API_KEY")).toBe("its");
  });

  it("of a project do not go to a host that the user chose; the user's own is used", () => {
    const files = {
      ...user("OPENAI_BASE_URL=http://mine\nOPENAI_API_KEY=users"),
      "./scorpiox-env.txt": "OPENAI_API_KEY=strangers",
    };
    const configuration = readFiles(files);
    expect(configuration.resolve("OPENAI_API_KEY")).toMatchObject({ value: "users", tier: "user" });
    expect(configuration.ignored).toEqual([
      expect.objectContaining({ key: "OPENAI_API_KEY", reason: "redirected", line: 1 }),
    ]);
    expect(configuration.ignored[0]).not.toHaveProperty("value");
    expect(configuration.warnings.join()).toMatch(
      /OPENAI_API_KEY \(project tier, .*\) is not sent to the host that OPENAI_BASE_URL \(user tier, /,
    );
    expect(configuration.warnings.join()).not.toMatch(/strangers|users/);
  });

  it.each<[name: string, extra: Extra, files: Record<string, string>]>([
    ["a file", {}, user("OPENAI_API_KEY=mine")],
    ["the environment", { env: { OPENAI_API_KEY: "mine" } }, {}],
    ["a profile", { env: { ACTIVE_PROFILE: "w" } }, { "~/.scorpiox/scorpiox-env/w.txt": "OPENAI_API_KEY=mine" }],
  ])("of the user from %s never go to a host that a trusted project chose", (_name, extra, files) => {
    const all = { ...files, "./scorpiox-env.txt": "OPENAI_BASE_URL=http://elsewhere" };
    const trusted = readFiles(all, { ...extra, trusted: true });
    expect(trusted.value("OPENAI_BASE_URL")).toBe("http://elsewhere");
    expect(trusted.value("OPENAI_API_KEY")).toBeUndefined();
    const untrusted = readFiles(all, extra);
    expect(untrusted.value("OPENAI_BASE_URL")).toBeUndefined();
    expect(untrusted.value("OPENAI_API_KEY")).toBe("mine");
  });

  it("of a trusted project go to its own host, and so does one typed for this run", () => {
    const text = "OPENAI_BASE_URL=http://elsewhere\nOPENAI_API_KEY=its-own";
    expect(project(text, { trusted: true }).value("OPENAI_API_KEY")).toBe("its-own");
    const typed = project("OPENAI_BASE_URL=http://elsewhere", {
      trusted: true,
      overrides: [["OPENAI_API_KEY", "typed"]],
    });
    expect(typed.value("OPENAI_API_KEY")).toBe("typed");
  });

  it("stay with the user where a trusted project only repeats the user's host", () => {
    const files = {
      ...user("OPENAI_BASE_URL=http://mine\nOPENAI_API_KEY=k"),
      "./scorpiox-env.txt": "OPENAI_BASE_URL=http://mine",
    };
    expect(readFiles(files, { trusted: true }).value("OPENAI_API_KEY")).toBe("k");
  });

  it("are withheld from a project's profile host as well", () => {
    const files = {
      ...user("OPENAI_API_KEY=k\nACTIVE_PROFILE=w"),
      "./scorpiox-env/w.txt": "OPENAI_BASE_URL=http://elsewhere",
    };
    expect(readFiles(files, { trusted: true }).value("OPENAI_API_KEY")).toBeUndefined();
  });
});

describe("profiles", () => {
  it("a project may choose one of the user's", () => {
    const configuration = readFiles({
      "./scorpiox-env.txt": "ACTIVE_PROFILE=w",
      "~/.claude/scorpiox-env/w.txt": "CODEX_BASE_URL=http://mine",
    });
    expect(configuration.resolve("CODEX_BASE_URL")).toMatchObject({ value: "http://mine", tier: "profile" });
    expect(configuration.resolve("CODEX_BASE_URL")).not.toHaveProperty("fromProject");
  });

  it("a project's own is judged as the project is", () => {
    const files = { "./.scorpiox/scorpiox-env/w.txt": "MODEL=opus\nCODEX_BASE_URL=http://elsewhere" };
    const env = { ACTIVE_PROFILE: "w" };
    expect(readFiles(files, { env }).settings()).toMatchObject({ MODEL: "opus" });
    expect(readFiles(files, { env }).ignored).toMatchObject([
      { key: "CODEX_BASE_URL", tier: "profile", fromProject: true },
    ]);
    expect(readFiles(files, { env, trusted: true }).value("CODEX_BASE_URL")).toBe("http://elsewhere");
  });

  it("the highest file is used whole", () => {
    const files = {
      "~/.scorpiox/scorpiox-env/w.txt": "MODEL=1",
      "~/.claude/scorpiox-env/w.txt": "MODEL=2\nPROVIDER=codex",
    };
    const configuration = readFiles(files, { env: { ACTIVE_PROFILE: "w" } });
    expect(configuration.settings()).toMatchObject({ MODEL: "1", PROVIDER: "scorpiox" });
  });

  it("an untrusted project cannot push the user's of the same name aside", () => {
    const files = {
      "./scorpiox-env/w.txt": "MODEL=theirs",
      "~/.scorpiox/scorpiox-env/w.txt": "CODEX_BASE_URL=http://mine",
    };
    const env = { ACTIVE_PROFILE: "w" };
    const before = readFiles(files, { env });
    expect(before.settings()).toMatchObject({ MODEL: "sonnet", CODEX_BASE_URL: "http://mine" });
    expect(before.warnings).toEqual([
      "profile w is taken from ~/.scorpiox/scorpiox-env/w.txt, not from ~/project/scorpiox-env/w.txt: a project may not replace it",
    ]);
    expect(readFiles(files, { env, trusted: true }).value("MODEL")).toBe("theirs");
  });

  it("a missing one is an error that names the places", () => {
    expect(() => project("\nACTIVE_PROFILE=w")).toThrow(
      /^ACTIVE_PROFILE is "w" \(project tier, ~\/project\/scorpiox-env\.txt line 2\), but there is no such profile; looked for ~\/project\/\.scorpiox\/scorpiox-env\/w\.txt, .*global\/scorpiox-env\/w\.txt$/,
    );
    expect(project("ACTIVE_PROFILE=w", { lenient: true }).warnings).toHaveLength(1);
    expect(project("ACTIVE_PROFILE=w", { overrides: [["ACTIVE_PROFILE", ""]] }).warnings).toEqual([]);
  });

  it.each(["../../etc/passwd", "a/b", ".."])("a name that leads elsewhere is refused: %s", (name) => {
    expect(() => project(`ACTIVE_PROFILE=${name}`)).toThrow(
      /^the profile name ".*" has a slash.*in ACTIVE_PROFILE \(project tier/,
    );
  });

  it("cannot choose a profile itself", () => {
    const configuration = readFiles(
      { "~/.scorpiox/scorpiox-env/w.txt": "ACTIVE_PROFILE=x" },
      { env: { ACTIVE_PROFILE: "w" } },
    );
    expect(configuration.value("ACTIVE_PROFILE")).toBe("w");
    expect(configuration.warnings[0]).toMatch(/^ACTIVE_PROFILE has no effect inside a profile/);
  });
});
