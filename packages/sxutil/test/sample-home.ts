import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

export interface SampleHome {
  readonly root: string;
  readonly home: string;
  /** A project folder with a `.git` in the home folder. */
  readonly cwd: string;
  /** Points the global tier into `root`, so that nothing of the machine is read. */
  readonly env: Readonly<Record<string, string>>;
}

/** A home and a project folder with these files; paths as in `~/.scorpiox/x`, `./x` (project) and `@/x` (global). */
export function makeSampleHome(files: Readonly<Record<string, string>> = {}): SampleHome {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "sx-config-")));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const sample = {
    root,
    home: join(root, "home"),
    cwd: join(root, "home", "project"),
    env: { SCORPIOX_GLOBAL_DIR: join(root, "global") },
  };
  mkdirSync(join(sample.cwd, ".git"), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    const path = samplePath(sample, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return sample;
}

export function samplePath(sample: SampleHome, name: string): string {
  const base = { "~": sample.home, ".": sample.cwd, "@": sample.env["SCORPIOX_GLOBAL_DIR"] }[name[0] ?? ""];
  if (base === undefined || name[1] !== "/") throw new Error(`start ${name} with ~/, ./ or @/`);
  return join(base, name.slice(2));
}
