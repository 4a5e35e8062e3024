import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readConfiguration } from "../src/cascade.js";
import { ConfigurationError, UsageError } from "../src/failure.js";
import type { ConfigurationOptions } from "../src/layers.js";
import { makeSampleHome, samplePath, type SampleHome } from "./sample-home.js";

type Extra = Partial<Omit<ConfigurationOptions, "env">> & { env?: Record<string, string> };

const read = (sample: SampleHome, { env, ...extra }: Extra = {}) =>
  readConfiguration({ ...sample, ...extra, env: { ...sample.env, ...env } });
const readFiles = (files: Record<string, string>, extra?: Extra) => read(makeSampleHome(files), extra);
const project = (text: string, extra?: Extra) => readFiles({ "./scorpiox-env.txt": text }, extra);

describe("the order of tiers", () => {
  const ladder: readonly [file: string | undefined, extra: Extra, model: string, tier: string][] = [
    [undefined, {}, "sonnet", "default"],
    ["@/scorpiox-env.txt", {}, "1", "global"],
    ["~/.claude/scorpiox-env.txt", {}, "2", "user"],
    ["~/.scorpiox/scorpiox-env.txt", {}, "3", "user"],
    ["./scorpiox-env.txt", {}, "4", "project"],
    ["./.claude/scorpiox-env.txt", {}, "5", "project"],
    ["./.scorpiox/scorpiox-env.txt", {}, "6", "project"],
    ["~/.claude/scorpiox-env/work.txt", { env: { ACTIVE_PROFILE: "work" } }, "7", "profile"],
    [undefined, { env: { ACTIVE_PROFILE: "work", MODEL: "8" } }, "8", "environment"],
    [undefined, { env: { ACTIVE_PROFILE: "work", MODEL: "8" }, overrides: [["MODEL", "9"]] }, "9", "command line"],
  ];

  it.each(ladder.map((row, index) => [`${row[2]} (${row[3]})`, index] as const))(
    "%s beats all below",
    (_name, index) => {
      const files: Record<string, string> = {};
      for (const [file, , model] of ladder.slice(0, index + 1))
        if (file !== undefined) files[file] = `# x\nMODEL=${model}\n`;
      const [, extra, model, tier] = ladder[index] ?? ladder[0]!;
      const sample = makeSampleHome(files);
      const resolved = read(sample, extra).resolve("MODEL");
      expect(resolved).toMatchObject({ key: "MODEL", value: model, tier });
      expect(resolved?.shadows.map((shadow) => shadow.value)).toEqual(
        ladder
          .slice(0, index)
          .map((row) => row[2])
          .toReversed(),
      );
      const file = ladder[index]?.[0];
      if (file !== undefined) expect(resolved).toMatchObject({ path: samplePath(sample, file), line: 2 });
    },
  );

  it("resolves key by key, never file by file", () => {
    const configuration = readFiles({
      "~/.scorpiox/scorpiox-env.txt": "MODEL=opus\nPROVIDER=codex",
      "./scorpiox-env.txt": "MODEL=haiku",
    });
    expect([configuration.value("MODEL"), configuration.value("PROVIDER")]).toEqual(["haiku", "codex"]);
  });

  it("takes an empty value in a file or from -e as a value, and an empty variable as none", () => {
    const files = { "~/.scorpiox/scorpiox-env.txt": "MODEL=opus", "./scorpiox-env.txt": "MODEL=" };
    expect(readFiles(files).resolve("MODEL")).toMatchObject({ value: "", tier: "project" });
    expect(readFiles(files).settings()).not.toHaveProperty("MODEL");
    expect(project("MODEL=opus", { env: { MODEL: "" } }).value("MODEL")).toBe("opus");
    expect(project("MODEL=opus", { overrides: [["MODEL", ""]] }).value("MODEL")).toBe("");
  });

  it("takes the last of equal keys and of equal overrides, and reports the former", () => {
    const configuration = project("MODEL=1\nPROVIDER=codex\nMODEL=2", {
      overrides: [
        ["PROVIDER", "openai"],
        ["PROVIDER", "gemini"],
      ],
    });
    expect(configuration.resolve("MODEL")).toMatchObject({ value: "2", line: 3 });
    expect(configuration.value("PROVIDER")).toBe("gemini");
    expect(configuration.duplicates).toMatchObject([{ key: "MODEL", tier: "project", lines: [1, 3] }]);
  });

  it("reads only the tiers asked for", () => {
    const files = { "~/.scorpiox/scorpiox-env.txt": "MODEL=opus", "./scorpiox-env.txt": "MODEL=haiku\nbroken" };
    const configuration = readFiles(files, { only: ["user"], env: { MODEL: "x" } });
    expect(configuration.entries()).toMatchObject([{ key: "MODEL", value: "opus", shadows: [] }]);
    expect(configuration.value("PROVIDER")).toBeUndefined();
  });

  it("answers the quick start as written", () => {
    const configuration = project("# mine\nPROVIDER=codex\nMODEL=gpt-5.3-codex\nCODEX_TOKEN_SOURCE=local\n");
    expect(configuration.settings()).toMatchObject({
      PROVIDER: "codex",
      MODEL: "gpt-5.3-codex",
      CODEX_TOKEN_SOURCE: "local",
    });
    expect(configuration.warnings).toEqual([]);
    expect(configuration.ignored).toEqual([]);
    expect(configuration.describe("MODEL")).toBe("(project tier, ~/project/scorpiox-env.txt line 3)");
  });

  it("gives every value in one spelling", () => {
    const configuration = project("TOOLS=no\nROUTER_ORDER= openai , codex", {
      env: { CODEX_TOKEN_SOURCE: "http" },
      overrides: [["CODEX_CREDENTIALS_FILE", "~/auth.json"]],
    });
    expect(configuration.settings()).toMatchObject({
      TOOLS: "0",
      ROUTER_ORDER: "openai,codex",
      CODEX_TOKEN_SOURCE: "remote",
    });
    expect(configuration.value("CODEX_CREDENTIALS_FILE")).toMatch(/^\/.*\/home\/auth\.json$/);
  });
});

describe("describe and entries", () => {
  it("says where a value is from", () => {
    const configuration = readFiles(
      { "~/.claude/scorpiox-env.txt": "\nMODEL=x", "@/scorpiox-env.txt": "TOOLS=0" },
      { env: { PROVIDER: "codex" }, overrides: [["THINKING", "1"]] },
    );
    expect(configuration.describe("MODEL")).toBe("(user tier, ~/.claude/scorpiox-env.txt line 2)");
    expect(configuration.describe("TOOLS")).toMatch(/^\(global tier, \/.*\/global\/scorpiox-env\.txt line 1\)$/);
    expect(configuration.describe("PROVIDER")).toBe("(environment)");
    expect(configuration.describe("THINKING")).toBe("(command line)");
    expect(configuration.describe("CODEX_TOKEN_SOURCE")).toBe("(default)");
    expect(configuration.describe("SX_CA_FILE")).toBe("(not set)");
    expect(configuration.describe("constructor")).toBe("(not set)");
    expect(configuration.resolve("SX_CA_FILE")).toBeUndefined();
  });

  it("lists files with whether they exist", () => {
    const sample = makeSampleHome({ "./scorpiox-env.txt": "ACTIVE_PROFILE=w", "~/.scorpiox/scorpiox-env/w.txt": "" });
    expect(read(sample).files.map(({ tier, path, found }) => [tier, path, found])).toEqual([
      ["global", samplePath(sample, "@/scorpiox-env.txt"), false],
      ["user", samplePath(sample, "~/.claude/scorpiox-env.txt"), false],
      ["user", samplePath(sample, "~/.scorpiox/scorpiox-env.txt"), false],
      ["project", samplePath(sample, "./scorpiox-env.txt"), true],
      ["project", samplePath(sample, "./.claude/scorpiox-env.txt"), false],
      ["project", samplePath(sample, "./.scorpiox/scorpiox-env.txt"), false],
      ["profile", samplePath(sample, "~/.scorpiox/scorpiox-env/w.txt"), true],
    ]);
  });

  it("collects every secret that it saw, also one that does not count", () => {
    const configuration = readFiles(
      {
        "~/.scorpiox/scorpiox-env.txt": "OPENAI_API_KEY=user-secret",
        "./scorpiox-env.txt": "OPENAI_API_KEY=project-secret\nROUTER_URL=http://x",
      },
      { env: { OPENAI_API_KEY: "env-secret" } },
    );
    expect([...configuration.secrets].sort()).toEqual(["env-secret", "project-secret", "user-secret"]);
  });
});

describe("wrong values", () => {
  it("is an error that names value, place and choices", () => {
    const sample = makeSampleHome({ "~/.claude/scorpiox-env.txt": "\n\n\nCODEX_TOKEN_SOURCE=ftp" });
    try {
      read(sample);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error).toMatchObject({
        message:
          'CODEX_TOKEN_SOURCE is "ftp" (user tier, ~/.claude/scorpiox-env.txt line 4); choose local, remote or ssh',
        path: samplePath(sample, "~/.claude/scorpiox-env.txt"),
        line: 4,
      });
    }
  });

  it.each<[name: string, extra: Extra, message: string]>([
    ["a variable", { env: { TOOLS: "maybe" } }, 'TOOLS is "maybe" (environment); choose 1 or 0'],
    [
      "an override",
      { overrides: [["CODEX_SSH_PORT", "x"]] },
      'CODEX_SSH_PORT is "x" (command line); give a whole number',
    ],
    ["a secret", { env: { OPENAI_API_KEY: "SECRET\n" } }, "OPENAI_API_KEY is not usable (environment); leave out"],
  ])("comes from %s", (_name, extra, message) => {
    expect(() => readFiles({}, extra)).toThrow(message);
  });

  it("can be overridden for a run, and does not hurt where it is ignored", () => {
    const files = { "~/.scorpiox/scorpiox-env.txt": "CODEX_TOKEN_SOURCE=ftp" };
    expect(readFiles(files, { overrides: [["CODEX_TOKEN_SOURCE", "local"]] }).value("CODEX_TOKEN_SOURCE")).toBe(
      "local",
    );
    expect(project("CODEX_BASE_URL=nonsense").ignored).toHaveLength(1);
  });

  it("is a warning for those who ask for that", () => {
    const configuration = readFiles(
      { "~/.scorpiox/scorpiox-env.txt": "TOOLS=maybe", "./scorpiox-env.txt": "what\n" },
      { lenient: true },
    );
    expect(configuration.warnings).toEqual([
      '~/project/scorpiox-env.txt line 1 has "what" and no = sign; write KEY=VALUE, a # comment, or nothing',
      expect.stringContaining('TOOLS is "maybe"'),
    ]);
  });

  it("is a usage error for an override of an unknown key", () => {
    expect(() => readFiles({}, { overrides: [["MODLE", "x"]] })).toThrow(UsageError);
    expect(() => readFiles({}, { overrides: [["MODLE", "x"]] })).toThrow(
      '"MODLE" is no configuration key; did you mean MODEL',
    );
  });

  it("stays a warning for unknown keys in files, bounded in number", () => {
    const { warnings } = project(
      `MODLE=x\n${Array.from({ length: 1000 }, (_, index) => `ZZZZZZZZZZZZ${index}=1`).join("\n")}`,
    );
    expect(warnings[0]).toBe("unknown key MODLE (project tier, ~/project/scorpiox-env.txt line 1); did you mean MODEL");
    expect(warnings).toHaveLength(6);
    expect(warnings[5]).toBe("996 more unknown keys (project tier, ~/project/scorpiox-env.txt)");
  });

  it("takes no notice of variables that are no keys", () => {
    expect(
      readFiles({}, { env: { NODE_OPTIONS: "x", TOOL_XYZ: "1" } })
        .entries()
        .some(({ tier }) => tier === "environment"),
    ).toBe(false);
  });
});

describe("files that are no files", () => {
  it.each(["@/scorpiox-env.txt", "~/.claude/scorpiox-env.txt", "./scorpiox-env.txt", "./scorpiox-env/w.txt"])(
    "a named pipe as %s is refused at once",
    (name) => {
      const sample = makeSampleHome();
      const path = samplePath(sample, name);
      mkdirSync(dirname(path), { recursive: true });
      execFileSync("mkfifo", [path]);
      expect(() => read(sample, { env: { ACTIVE_PROFILE: name.endsWith("w.txt") ? "w" : "" } })).toThrow(
        /it is a named pipe/,
      );
    },
  );

  it("whatever a project file holds, only a ConfigurationError comes out", () => {
    const sample = makeSampleHome();
    const line = fc.tuple(
      fc.constantFrom("MODEL", "TOOLS", "ACTIVE_PROFILE", "CODEX_BASE_URL", "OPENAI_API_KEY", "SX_ALLOW", "ZZZ"),
      fc.string({ unit: fc.constantFrom("a", "/", ".", "0", "1", ":", "\u001b", "=", "é"), maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), fc.boolean(), (lines, trusted) => {
        const text = lines.map((parts) => parts.join("=")).join("\n");
        writeFileSync(join(sample.cwd, "scorpiox-env.txt"), text);
        try {
          const configuration = read(sample, { trusted });
          for (const warning of configuration.warnings) expect(warning).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigurationError);
          expect((error as Error).message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        }
      }),
      { numRuns: 300 },
    );
  });
});
