import { cpSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfiguration } from "../src/cascade.js";
import { parseEnvFile } from "../src/env-file.js";
import { allowProject, inspectProject, revokeProject, trustOwnWriting } from "../src/trust.js";
import { trustPath } from "../src/trust-store.js";
import { makeSampleHome, type SampleHome, samplePath } from "./sample-home.js";

const RISKY = "MODEL=opus\nCODEX_BASE_URL=http://elsewhere\n";

const url = (sample: SampleHome, cwd = sample.cwd) => readConfiguration({ ...sample, cwd }).value("CODEX_BASE_URL");
const allow = async (sample: SampleHome) => await allowProject(sample, inspectProject(sample));

describe("a project that was allowed", () => {
  it("counts, in a file of 0600 outside the project, until it is revoked", async () => {
    const sample = makeSampleHome({ "./scorpiox-env.txt": RISKY });
    expect(url(sample)).toBeUndefined();
    await allow(sample);
    expect(url(sample)).toBe("http://elsewhere");
    expect(trustPath(sample)).toBe(join(sample.home, ".scorpiox", "trust.json"));
    expect(statSync(trustPath(sample)).mode & 0o777).toBe(0o600);
    expect(await revokeProject(sample, sample.cwd)).toBe(true);
    expect(await revokeProject(sample, sample.cwd)).toBe(false);
    expect(url(sample)).toBeUndefined();
  });

  it.each(["./scorpiox-env.txt", "./.claude/scorpiox-env.txt", "./.scorpiox/scorpiox-env.txt"])(
    "is bound to the very bytes of %s",
    async (name) => {
      const sample = makeSampleHome({ [name]: RISKY });
      await allow(sample);
      expect(url(sample)).toBe("http://elsewhere");
      writeFileSync(samplePath(sample, name), `${RISKY}#\n`);
      expect(url(sample)).toBeUndefined();
      writeFileSync(samplePath(sample, name), RISKY.replace("elsewhere", "evil"));
      expect(inspectProject(sample).files).toMatchObject([
        { state: "changed", risky: [{ key: "CODEX_BASE_URL", value: "http://evil", before: "http://elsewhere" }] },
      ]);
      writeFileSync(samplePath(sample, name), "MODEL=opus\n");
      expect(inspectProject(sample).files).toMatchObject([
        { state: "harmless", gone: [{ key: "CODEX_BASE_URL", before: "http://elsewhere" }] },
      ]);
    },
  );

  it("is bound to each of its files, profiles too", async () => {
    const sample = makeSampleHome({ "./scorpiox-env.txt": RISKY, "./scorpiox-env/w.txt": "ROUTER_URL=http://r\n" });
    await allow(sample);
    const read = () => readConfiguration({ ...sample, env: { ...sample.env, ACTIVE_PROFILE: "w" } });
    expect(read().value("ROUTER_URL")).toBe("http://r");
    writeFileSync(samplePath(sample, "./scorpiox-env/w.txt"), "ROUTER_URL=http://evil\n");
    expect(read().settings()).toMatchObject({ CODEX_BASE_URL: "http://elsewhere" });
    expect(read().value("ROUTER_URL")).toBeUndefined();
  });

  it("is not trusted in another place, moved or copied", async () => {
    const sample = makeSampleHome({ "./scorpiox-env.txt": RISKY });
    await allow(sample);
    const copy = join(sample.home, "copy");
    cpSync(sample.cwd, copy, { recursive: true });
    expect(url(sample, copy)).toBeUndefined();
    const moved = join(sample.home, "moved");
    renameSync(sample.cwd, moved);
    expect(url(sample, moved)).toBeUndefined();
  });

  it("is the same through a symbolic link; another folder behind the link is not", async () => {
    const sample = makeSampleHome({ "./scorpiox-env.txt": RISKY, "~/other/scorpiox-env.txt": RISKY });
    const [link, other] = [join(sample.home, "link"), join(sample.home, "link2")];
    symlinkSync(sample.cwd, link);
    symlinkSync(join(sample.home, "other"), other);
    await allowProject(sample, inspectProject({ ...sample, cwd: link }));
    expect(url(sample)).toBe("http://elsewhere");
    expect(url(sample, link)).toBe("http://elsewhere");
    expect(url(sample, other)).toBeUndefined();
  });

  it("may have a name that is special to programs", async () => {
    const sample = makeSampleHome({ "~/__proto__/scorpiox-env.txt": RISKY, "~/__proto__/.git/x": "" });
    const inside = { ...sample, cwd: join(sample.home, "__proto__") };
    await allowProject(sample, inspectProject(inside));
    expect(readConfiguration(inside).value("CODEX_BASE_URL")).toBe("http://elsewhere");
  });
});

it.each(["", "{", "[]", '{"version":2,"projects":{}}', '{"version":1,"projects":{"/x":{"y":{"hash":1}}}}', "\u0000"])(
  "a broken store trusts nothing, says so, and is left alone: %j",
  async (text) => {
    const sample = makeSampleHome({ "./scorpiox-env.txt": RISKY, "~/.scorpiox/trust.json": text });
    const configuration = readConfiguration(sample);
    expect(configuration.value("CODEX_BASE_URL")).toBeUndefined();
    expect(configuration.warnings[0]).toMatch(/^~\/\.scorpiox\/trust\.json is broken, so no project is trusted/);
    await expect(revokeProject(sample, sample.cwd)).rejects.toMatchObject({ exitCode: 52 });
  },
);

describe("a file that this program wrote itself", () => {
  const write = async (sample: SampleHome, before: string | undefined, after: string) => {
    const path = samplePath(sample, "./scorpiox-env.txt");
    writeFileSync(path, after);
    return await trustOwnWriting(sample, path, { before, after }, (text) => parseEnvFile(text, path));
  };

  it.each<[name: string, before: string | undefined, own: boolean]>([
    ["a new one", undefined, true],
    ["one with harmless keys", "MODEL=opus\n", true],
    ["one with somebody else's risky keys", "ROUTER_URL=http://theirs\n", false],
  ])("%s is trusted at once or not", async (_name, before, own) => {
    const sample = makeSampleHome();
    expect(await write(sample, before, `${before ?? ""}CODEX_BASE_URL=http://mine\n`)).toBe(own);
    expect(url(sample)).toBe(own ? "http://mine" : undefined);
  });

  it("stays trusted when it is changed again, and not when somebody else changed it in between", async () => {
    const sample = makeSampleHome();
    await write(sample, undefined, "CODEX_BASE_URL=http://mine\n");
    expect(await write(sample, "CODEX_BASE_URL=http://mine\n", "CODEX_BASE_URL=http://mine2\n")).toBe(true);
    expect(await write(sample, "CODEX_BASE_URL=http://theirs\n", "CODEX_BASE_URL=http://theirs\nMODEL=x\n")).toBe(
      false,
    );
    expect(url(sample)).toBeUndefined();
  });
});
