import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  canonicalValue,
  checkValue,
  ConfigurationError,
  displayPath,
  findKey,
  findProject,
  type Io,
  isSecret,
  judgeProjectValue,
  readConfiguration,
  readEnvFile,
  setKey,
  UsageError,
} from "@scorpiox/sxutil";
import { appendLine } from "./append-line.js";
import type { GitState } from "./setup-facts.js";
import { shownValue } from "./shown-value.js";
import { type TargetFile, targetFile, tierFiles } from "./target-file.js";
import { writeConfigurationFile } from "./write-file.js";

/** What is to be set, and where. */
export interface Setup {
  readonly values: readonly (readonly [key: string, value: string])[];
  readonly tier: "user" | "project" | "profile";
  readonly profile?: string | undefined;
  /** Whether the profile is to be the active one. */
  readonly activate: boolean;
  /** Whether a secret may go into a project file that git does not ignore yet, with a line that makes it. */
  readonly mayIgnore: boolean;
  readonly git: GitState;
}

export interface PlannedFile {
  readonly target: TargetFile;
  readonly changes: readonly (readonly [key: string, value: string])[];
  /** "" where there is no file. */
  readonly before: string;
  readonly after: string;
}

/** Everything that would be written; nothing has been. */
export interface SetupPlan {
  readonly files: readonly PlannedFile[];
  /** A line for the project's `.gitignore`. */
  readonly ignore?: { readonly path: string; readonly line: string };
}

/**
 * Which line of which file changes. A secret that git would commit goes to the user's own file instead.
 * @throws ConfigurationError for a value that cannot be, or a broken file; UsageError for what a project may not set
 */
export function planSetup(setup: Setup, io: Io): SetupPlan {
  const files = new Map<string, PlannedFile>();
  let ignore: SetupPlan["ignore"];
  const values = setup.activate && setup.profile !== undefined ? [["ACTIVE_PROFILE", setup.profile] as const] : [];
  for (const [key, value] of [...setup.values, ...values]) {
    const spec = findKey(key);
    const problem = spec === undefined ? `${key} is no configuration key` : checkValue(spec, value);
    if (spec === undefined || problem !== undefined) throw new ConfigurationError(problem ?? "");
    let target = key === "ACTIVE_PROFILE" ? userFile(io) : targetFile(key, optionsOf(setup), io);
    if (target.inProject && isSecret(spec) && value !== "") {
      const isSafe = setup.tier === "project" && (setup.git === "ignored" || setup.git === "no repository");
      const { root } = findProject(io);
      const atRoot = dirname(target.path) === root;
      if (setup.tier === "project" && setup.git === "open" && setup.mayIgnore && atRoot) {
        ignore = { path: join(root, ".gitignore"), line: `/${target.path.slice(root.length + 1)}` };
      } else if (!isSafe) target = userFile(io);
    }
    if (target.inProject && !isSecret(spec)) {
      const surroundings = { env: io.env, cwd: io.cwd, home: io.home, lenient: true };
      const below = readConfiguration({ ...surroundings, only: ["default", "global", "user"] });
      if (judgeProjectValue(spec, canonicalValue(spec, value, io.home), below.value(key), true) === "never")
        throw new UsageError(`no project file may set ${key} to that: it would weaken a guard; use --tier user`);
    }
    const known = files.get(target.path);
    const before = known?.before ?? readEnvFile(target.path, displayPath(target.path, io.home))?.text ?? "";
    files.set(target.path, {
      target,
      before,
      changes: [...(known?.changes ?? []), [key, value]],
      after: setKey(known?.after ?? before, key, value),
    });
  }
  return { files: [...files.values()], ...(ignore === undefined ? {} : { ignore }) };
}

/** What would change, as lines of a diff; secrets are masked. Empty when nothing would. */
export function formatPlan({ files, ignore }: SetupPlan, home: string): readonly string[] {
  return [
    ...files.flatMap(({ target, before, after }) => {
      if (before === after) return [];
      const [old, now] = [linesOf(before), linesOf(after)];
      // A rewrite changes lines or adds some at the end, so that lines stay beside each other.
      const changed = now.flatMap((line, index) => {
        const earlier = old[index];
        if (earlier === line) return [];
        return [...(earlier === undefined ? [] : [`- ${masked(earlier)}`]), `+ ${masked(line)}`];
      });
      return [displayPath(target.path, home), ...changed];
    }),
    ...(ignore === undefined || hasLine(ignore) ? [] : [displayPath(ignore.path, home), `+ ${ignore.line}`]),
  ];
}

/**
 * Writes a plan, each file as a whole and under the lock of all who write configuration; what others have written since
 * stays. The line for git comes before the secret that it hides.
 */
export async function writePlan({ files, ignore }: SetupPlan, io: Io): Promise<void> {
  if (ignore !== undefined) await appendLine(ignore.path, ignore.line, io);
  for (const { target, changes } of files) {
    const hasSecret = changes.some(([key]) => isSecretKey(key));
    const access = hasSecret ? "secret" : target.inProject ? "shared" : "private";
    const change = (text: string): string => changes.reduce((rest, [key, value]) => setKey(rest, key, value), text);
    await writeConfigurationFile({ path: target.path, inProject: target.inProject, access }, change, io);
  }
}

/** What was written and does not count here, because another place wins: one line each. */
export function findShadowed({ files }: SetupPlan, io: Io): readonly string[] {
  const configuration = readConfiguration({ env: io.env, cwd: io.cwd, home: io.home, lenient: true });
  return files.flatMap(({ target, changes }) =>
    changes.flatMap(([key]) => {
      const resolved = configuration.resolve(key);
      if (resolved?.shadows.some(({ path }) => path === target.path) !== true) return [];
      return [`${key} stays ${shownValue(key, resolved.value, false)} ${configuration.describe(key)}, which wins here`];
    }),
  );
}

function optionsOf({ tier, profile }: Setup): Parameters<typeof targetFile>[1] {
  return { tier, profile: tier === "profile" ? profile : undefined } as Parameters<typeof targetFile>[1];
}

function userFile(io: Io): TargetFile {
  const target = tierFiles({ tier: "user" } as Parameters<typeof tierFiles>[0], io).at(-1);
  if (target === undefined) throw new UsageError("there is no file to write to; set SCORPIOX_HOME");
  return target;
}

function linesOf(text: string): readonly string[] {
  return text
    .replace(/^\uFEFF/, "")
    .replace(/\r?\n$/, "")
    .split(/\r?\n/)
    .filter((line, index, all) => all.length > 1 || line !== "");
}

function masked(line: string): string {
  const [, key = "", value = ""] = /^\s*([A-Z][A-Z0-9_]*)\s*=\s*(.*)$/.exec(line) ?? [];
  return key === "" ? line : `${key}=${shownValue(key, value, false)}`;
}

function isSecretKey(key: string): boolean {
  const spec = findKey(key);
  return spec !== undefined && isSecret(spec);
}

function hasLine({ path, line }: { readonly path: string; readonly line: string }): boolean {
  return textOf(path).split(/\r?\n/).includes(line);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Not there yet. One that cannot be read cannot be replaced either, and that is told then.
    return "";
  }
}
