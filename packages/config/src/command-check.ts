import { statSync } from "node:fs";
import {
  type Configuration,
  checkValue,
  ConfigurationError,
  describeOrigin,
  displayPath,
  type EnvFile,
  ExitCode,
  findKey,
  inspectProject,
  type Io,
  isSecret,
  oneLine,
  readConfiguration,
  readEnvFile,
  readTrustStore,
  suggestKeys,
  trustPath,
} from "@scorpiox/sxutil";
import type { ConfigOptions } from "./args.js";
import { profileFiles } from "./profile-files.js";

export interface Problem {
  /** Stable, snake_case; what programs compare. */
  readonly code:
    | "broken_file"
    | "duplicate_key"
    | "unknown_key"
    | "wrong_value"
    | "open_file"
    | "stale_trust"
    | "no_effect"
    | "cascade";
  readonly message: string;
  readonly path: string | null;
  readonly line: number | null;
}

/** Problems of one file that are told; a hostile file could hold any number. */
const MAX_PER_FILE = 100;

/** Looks through every file of the cascade, all profiles and what is trusted; offline. Exit code 52 when something is wrong. */
export function checkFiles(options: ConfigOptions, io: Io): number {
  const problems = findProblems(io);
  if (options.json) io.stdout.write(`${JSON.stringify({ ok: problems.length === 0, problems }, null, 2)}\n`);
  else {
    for (const { message } of problems) io.stdout.write(`${message}\n`);
    if (problems.length === 0) io.stdout.write("nothing is wrong\n");
  }
  return problems.length === 0 ? ExitCode.ok : ExitCode.configuration;
}

export function findProblems(io: Io): readonly Problem[] {
  const configuration = readConfiguration({ env: io.env, cwd: io.cwd, home: io.home, lenient: true });
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const places = [
    ...configuration.files.map(({ path, tier }) => ({ path, isProfile: tier === "profile" })),
    ...profileFiles(io).map(({ path }) => ({ path, isProfile: true })),
  ];
  for (const { path, isProfile } of places) {
    if (seen.has(path)) continue;
    seen.add(path);
    problems.push(...checkFile(path, isProfile, io));
  }
  return [...problems, ...checkCascade(configuration, problems, io), ...checkTrust(io)];
}

function checkFile(path: string, isProfile: boolean, io: Io): readonly Problem[] {
  const shown = displayPath(path, io.home);
  let file: EnvFile | undefined;
  try {
    file = readEnvFile(path, shown);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return [{ code: "broken_file", message: error.message, path, line: error.line ?? null }];
  }
  if (file === undefined) return [];
  const problems: Problem[] = [];
  const add = (code: Problem["code"], line: number | null, message: string): void => {
    problems.push({ code, message: `${shown}${line === null ? "" : ` line ${line}`}: ${message}`, path, line });
  };
  for (const { key, lines } of file.duplicates) {
    add(
      "duplicate_key",
      lines.at(-1) ?? null,
      `${oneLine(key, 60)} stands ${lines.length} times, lines ${lines.slice(0, 20).join(", ")}; the last one counts`,
    );
    if (problems.length >= MAX_PER_FILE) break;
  }
  let secrets = false;
  for (const { key, value, line } of file.entries) {
    const spec = findKey(key);
    secrets ||= spec !== undefined && isSecret(spec) && value !== "";
    if (problems.length >= MAX_PER_FILE) continue;
    if (spec === undefined) add("unknown_key", line, `${oneLine(key, 60)} is no key${suggestKeys(key)}`);
    else if (isProfile && key === "ACTIVE_PROFILE")
      add("no_effect", line, "ACTIVE_PROFILE has no effect inside a profile");
    else {
      const problem = checkValue(spec, value);
      if (problem !== undefined) add("wrong_value", line, problem);
    }
  }
  if (problems.length >= MAX_PER_FILE) add("cascade", null, "and perhaps more; correct these first");
  if (secrets && isOpen(path)) add("open_file", null, "it holds a secret and others may read it; chmod 600 it");
  return problems;
}

/** What is wrong with values from elsewhere, and with the choice of a profile. */
function checkCascade(configuration: Configuration, known: readonly Problem[], io: Io): readonly Problem[] {
  const problems: Problem[] = [];
  for (const entry of configuration.entries()) {
    const spec = findKey(entry.key);
    if (spec === undefined || entry.path !== undefined || entry.tier === "default") continue;
    const message = checkValue(spec, entry.value, describeOrigin(entry, io.home));
    if (message !== undefined) problems.push({ code: "wrong_value", message, path: null, line: null });
  }
  for (const message of configuration.warnings.filter((warning) =>
    /^ACTIVE_PROFILE is |in ACTIVE_PROFILE /.test(warning),
  )) {
    if (!known.some((problem) => problem.message === message)) {
      problems.push({ code: "cascade", message, path: null, line: null });
    }
  }
  return problems;
}

function checkTrust(io: Io): readonly Problem[] {
  const path = trustPath(io);
  const problems: Problem[] = [];
  const add = (code: Problem["code"], message: string): void => {
    problems.push({ code, message, path, line: null });
  };
  try {
    if (isOpen(path)) add("open_file", `${displayPath(path, io.home)}: others may read or change it; chmod 600 it`);
    for (const root of readTrustStore(io).keys()) {
      const shown = displayPath(root, io.home);
      if (statSync(root, { throwIfNoEntry: false }) === undefined) {
        add("stale_trust", `${shown} is trusted, but gone; scorpiox-config trust --revoke ${shown}`);
      }
    }
    for (const { state, path: file } of inspectProject(io).files) {
      if (state !== "changed") continue;
      add(
        "stale_trust",
        `${displayPath(file, io.home)} changed since it was trusted; look at it with scorpiox-config trust`,
      );
    }
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    add("broken_file", error.message);
  }
  return problems;
}

function isOpen(path: string): boolean {
  try {
    return ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0;
  } catch {
    // What may not be looked at is told as a broken file.
    return false;
  }
}
