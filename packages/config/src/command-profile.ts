import { unlink } from "node:fs/promises";
import {
  checkProfileName,
  checkValue,
  ConfigurationError,
  displayPath,
  ExitCode,
  findKey,
  findProject,
  type Io,
  isSecret,
  profileCandidates,
  quoted,
  readConfiguration,
  readEnvFile,
  setKey,
  UsageError,
} from "@scorpiox/sxutil";
import type { ConfigArgs, ConfigOptions } from "./args.js";
import { askYes, canAsk } from "./ask-yes.js";
import { setValue } from "./command-set.js";
import { unsetValue } from "./command-unset.js";
import { knownKey } from "./known-key.js";
import { type PlacedProfile, profileFiles } from "./profile-files.js";
import { keepOutOfGit } from "./secret-in-project.js";
import { jsonValue, mayReveal, shownValue } from "./shown-value.js";
import { writeConfigurationFile } from "./write-file.js";

/** Lists, shows, chooses, makes and removes profiles. @throws UsageError, ConfigurationError, Failure */
export async function runProfile(args: Extract<ConfigArgs, { kind: "profile" }>, io: Io): Promise<number> {
  const { action, options, pairs } = args;
  if (action === "list") return listProfiles(options, io);
  const name = args.name ?? "";
  if (action === "use" && name === "off") return await useNone(options, io);
  const problem = name === "off" ? 'the profile name "off" means none' : checkProfileName(name);
  if (problem !== undefined) throw new UsageError(`${problem}; choose another name`);
  switch (action) {
    case "show":
      return showProfile(findProfile(name, io), options, io);
    case "use":
      findProfile(name, io);
      return await setValue("ACTIVE_PROFILE", name, only(options), io);
    case "create":
      return await createProfile(name, pairs, options, io);
    case "delete":
      return await deleteProfile(findProfile(name, io), options, io);
  }
}

function listProfiles(options: ConfigOptions, io: Io): number {
  const active = activeProfile(io);
  const profiles = profileFiles(io).map((profile) => ({
    ...profile,
    active: profile.used && profile.name === active,
    keys: keysOf(profile.path, io),
  }));
  if (options.json) {
    io.stdout.write(`${JSON.stringify({ active: active ?? null, profiles }, null, 2)}\n`);
    return ExitCode.ok;
  }
  for (const { name, place, path, used, active: isActive, keys } of profiles) {
    const note = used ? "" : "  (another of this name is used)";
    const changes = keys === undefined ? "broken; see scorpiox-config check" : keys.join(" ");
    io.stdout.write(`${isActive ? "*" : " "} ${name}\t${place}\t${displayPath(path, io.home)}\t${changes}${note}\n`);
  }
  return ExitCode.ok;
}

function keysOf(path: string, io: Io): readonly string[] | undefined {
  try {
    return (readEnvFile(path, displayPath(path, io.home))?.entries ?? []).flatMap(({ key }) =>
      findKey(key) === undefined ? [] : [key],
    );
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    // One broken profile must not hide the others.
    return undefined;
  }
}

function showProfile({ name, path, place }: PlacedProfile, options: ConfigOptions, io: Io): number {
  const reveal = mayReveal(options, io);
  const entries = readEnvFile(path, displayPath(path, io.home))?.entries ?? [];
  if (options.json) {
    const settings = entries.map(({ key, value, line }) => ({ key, value: jsonValue(key, value, reveal), line }));
    io.stdout.write(`${JSON.stringify({ name, place, path, settings }, null, 2)}\n`);
    return ExitCode.ok;
  }
  for (const { key, value } of entries) io.stdout.write(`${key}=${shownValue(key, value, reveal)}\n`);
  return ExitCode.ok;
}

/** Takes the choice out of the user tier; where a lower tier chooses one too, it is blanked. */
async function useNone(options: ConfigOptions, io: Io): Promise<number> {
  const below = readConfiguration({
    env: io.env,
    cwd: io.cwd,
    home: io.home,
    only: ["default", "global"],
    lenient: true,
  });
  return (below.value("ACTIVE_PROFILE") ?? "") === ""
    ? await unsetValue("ACTIVE_PROFILE", only(options), io)
    : await setValue("ACTIVE_PROFILE", "", only(options), io);
}

async function createProfile(name: string, pairs: readonly string[], options: ConfigOptions, io: Io): Promise<number> {
  const place = options.tier ?? "user";
  if (place === "profile")
    throw new UsageError("--tier profile is no place for a profile; give user, project or global");
  const file = profileCandidates(name, io, findProject(io)).find((candidate) => candidate.place === place);
  if (file === undefined) throw new UsageError(`there is no ${place} place for profiles here; choose another --tier`);
  const values = new Map(options["from-current"] ? currentValues(place === "project", io) : []);
  for (const [key, value] of pairs.map(readPair)) values.set(key, value);
  if (values.size === 0) throw new UsageError("a profile without keys does nothing; give KEY=VALUE or --from-current");
  const inProject = place === "project";
  const secret = [...values.keys()].find((key) => isSecret(knownKey(key)));
  if (secret !== undefined && inProject) await keepOutOfGit(secret, file.path, false, io);
  const access = secret !== undefined ? "secret" : place === "user" ? "private" : "shared";
  const shown = displayPath(file.path, io.home);
  await writeConfigurationFile(
    { path: file.path, inProject, access },
    (before) => {
      if (before !== "")
        throw new UsageError(`${shown} is there already; change it with set --profile ${name}, or delete it`);
      let text = before;
      for (const [key, value] of values) text = setKey(text, key, value);
      return text;
    },
    io,
  );
  if (options.json) io.stdout.write(`${JSON.stringify({ name, path: file.path, keys: [...values.keys()] })}\n`);
  else io.stderr.write(`profile ${name} written to ${shown}; scorpiox-config profile use ${name} makes it count\n`);
  return ExitCode.ok;
}

/** What is set now, but for the choice of a profile, and for what a project alone decides about hosts and programs. */
function currentValues(forProject: boolean, io: Io): readonly (readonly [string, string])[] {
  const configuration = readConfiguration({ env: io.env, cwd: io.cwd, home: io.home, lenient: true });
  const left: string[] = [];
  const values = configuration.entries().flatMap(({ key, value, tier, fromProject }): (readonly [string, string])[] => {
    const spec = knownKey(key);
    if (tier === "default" || key === "ACTIVE_PROFILE") return [];
    const foreign = fromProject === true && spec.class !== "harmless" && !forProject;
    if (!foreign && !(forProject && isSecret(spec))) return [[key, value]];
    left.push(key);
    return [];
  });
  if (left.length > 0) io.stderr.write(`left out: ${left.join(", ")}; it belongs to this project, or is a secret\n`);
  return values;
}

function readPair(pair: string): readonly [string, string] {
  const at = pair.indexOf("=");
  if (at < 1) throw new UsageError(`${quoted(pair)} is not KEY=VALUE`);
  const [key, value] = [pair.slice(0, at), pair.slice(at + 1)];
  if (key === "ACTIVE_PROFILE") throw new UsageError("ACTIVE_PROFILE has no effect inside a profile; leave it out");
  const problem = checkValue(knownKey(key), value);
  if (problem !== undefined) throw new ConfigurationError(problem);
  return [key, value];
}

async function deleteProfile({ name, path }: PlacedProfile, options: ConfigOptions, io: Io): Promise<number> {
  const shown = displayPath(path, io.home);
  if (options.yes !== true) {
    if (!canAsk(io)) throw new UsageError(`${shown} is deleted only with --yes where nobody can be asked`);
    if (!(await askYes(`Delete the profile ${name}, ${shown}?`, io))) {
      io.stderr.write("nothing was deleted\n");
      return ExitCode.failure;
    }
  }
  const wasActive = activeProfile(io) === name;
  await unlink(path);
  if (options.json) io.stdout.write(`${JSON.stringify({ name, path, deleted: true })}\n`);
  else io.stderr.write(`${shown} is deleted\n`);
  if (wasActive && !profileFiles(io).some((profile) => profile.name === name)) {
    io.stderr.write(`note: ACTIVE_PROFILE still names it; scorpiox-config profile use off\n`);
  }
  return ExitCode.ok;
}

/** The file that would be used. @throws UsageError that names those there are */
function findProfile(name: string, io: Io): PlacedProfile {
  const all = profileFiles(io);
  const profile = all.find((file) => file.name === name && file.used);
  if (profile !== undefined) return profile;
  const names = [...new Set(all.map((file) => file.name))].join(", ");
  throw new UsageError(`there is no profile ${quoted(name)}${names === "" ? "" : `; there is ${names}`}`);
}

function activeProfile(io: Io): string | undefined {
  const value = readConfiguration({ env: io.env, cwd: io.cwd, home: io.home, lenient: true }).value("ACTIVE_PROFILE");
  return value === "" ? undefined : value;
}

/** The options that mean something to `set` and `unset` here. */
function only(options: ConfigOptions): ConfigOptions {
  return { ...options, tier: undefined, profile: undefined };
}
