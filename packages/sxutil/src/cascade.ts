import { ConfigurationError } from "./failure.js";
import type { KeySpec } from "./key-spec.js";
import { KEYS } from "./key-table.js";
import { checkValue, isSecret } from "./keys.js";
import { type ConfigurationOptions, readLayers, type Setting } from "./layers.js";
import { describeOrigin, type Origin, type Tier } from "./origin.js";
import { judgeProjectValue, maySendSecret } from "./trust-class.js";

/** The value that counts, where it is from, and what it hides. */
export interface Resolved extends Origin {
  readonly key: string;
  /** In its one spelling: booleans `1` or `0`, paths absolute. Empty: deliberately not set. */
  readonly value: string;
  /** Values further down, nearest first. */
  readonly shadows: readonly (Origin & { readonly value: string })[];
}

/**
 * A value that does not count. `untrusted`: a project file may set it only in a trusted folder; `never`: no project
 * file may; `redirected`: a secret that would have gone to a host that it is not for.
 */
export interface IgnoredSetting extends Origin {
  readonly key: string;
  readonly reason: "untrusted" | "never" | "redirected";
  /** Absent for secrets. */
  readonly value?: string;
}

export interface Configuration {
  /** `undefined`: not set, and without a default. */
  resolve(key: string): Resolved | undefined;
  /** The value that counts; empty when a file or `-e` blanks it. */
  value(key: string): string | undefined;
  /** Everything that is set or has a default, in the order of the table of keys. */
  entries(): readonly Resolved[];
  /** Every key with a value that is not empty: what providers and credential sources are handed. */
  settings(): Readonly<Record<string, string>>;
  /** One line each, for stderr. */
  readonly warnings: readonly string[];
  readonly ignored: readonly IgnoredSetting[];
  /** The files of the cascade, lowest first. */
  readonly files: readonly { readonly tier: Tier; readonly path: string; readonly found: boolean }[];
  readonly duplicates: readonly (Origin & { readonly key: string; readonly lines: readonly number[] })[];
  /** Every secret value that was read, also those that do not count: for redaction. */
  readonly secrets: readonly string[];
  /** Where the value is from, for messages: `(user tier, ~/.claude/scorpiox-env.txt line 4)`; `(not set)`. */
  describe(key: string): string;
}

/**
 * Reads the whole cascade: default < global < user < project < profile < environment < command line, key by key.
 * Synchronous, a handful of small reads: it is on the start path.
 * @throws ConfigurationError for a broken file, a missing profile, or a wrong value that counts; UsageError for an
 * override of an unknown key.
 */
export function readConfiguration(options: ConfigurationOptions): Configuration {
  const { layers, files, warnings, duplicates } = readLayers(options);
  const stacks = new Map<string, Candidate[]>();
  const ignored: IgnoredSetting[] = [];
  const secrets = new Set<string>();
  for (const { settings, fromProject, trusted } of layers) {
    for (const setting of settings) {
      if (isSecret(setting.spec) && setting.value !== "") secrets.add(setting.value);
      const stack = stackOf(stacks, setting.spec.name);
      const lower = stack.at(-1);
      const verdict = fromProject ? judgeProjectValue(setting.spec, setting.value, lower?.value, trusted) : "use";
      // A second project file that repeats the first one's host does not make it anybody else's.
      const redirects = fromProject && (setting.value !== lower?.value || lower.redirects);
      if (verdict === "use") stack.push({ ...setting, redirects });
      else ignored.push(ignore(setting, verdict));
    }
  }
  const withheld = withholdSecrets(stacks, ignored, options.home);
  const wrong = findWrongValues(stacks, options);
  const allWarnings = [...warnings, ...warnIgnored(ignored, options.home), ...withheld, ...wrong];
  return createConfiguration(stacks, options.home, {
    files,
    ignored,
    duplicates,
    warnings: allWarnings,
    secrets: [...secrets],
  });
}

interface Candidate extends Setting {
  /** A project file set this, and it differs from what would count without that file. */
  readonly redirects: boolean;
}

type Stacks = Map<string, Candidate[]>;

function stackOf(stacks: Stacks, key: string): Candidate[] {
  let stack = stacks.get(key);
  if (stack === undefined) stacks.set(key, (stack = []));
  return stack;
}

function ignore(setting: Setting, reason: IgnoredSetting["reason"]): IgnoredSetting {
  const { spec, value, ...origin } = setting;
  return { ...origin, key: spec.name, reason, ...(isSecret(spec) ? {} : { value }) };
}

/** Takes out every secret that must not go where the endpoint keys point; the next one down then counts. */
function withholdSecrets(stacks: Stacks, ignored: IgnoredSetting[], home: string): readonly string[] {
  const warnings: string[] = [];
  for (const spec of KEYS) {
    const stack = stacks.get(spec.name);
    if (spec.sentTo === undefined || stack === undefined) continue;
    const overrides = spec.sentTo.flatMap((key) => findOverride(stacks, key));
    const kept = stack.filter((secret) => {
      const origin = { fromProject: secret.fromProject === true, fromCommandLine: secret.tier === "command line" };
      if (
        secret.value === "" ||
        maySendSecret(
          origin,
          overrides.map((top) => ({ fromProject: top.redirects })),
        )
      )
        return true;
      const hosts = overrides.map((top) => `${top.spec.name} ${describeOrigin(top, home)}`).join(" and ");
      warnings.push(
        `${spec.name} ${describeOrigin(secret, home)} is not sent to the host that ${hosts} names; set both in the same place`,
      );
      ignored.push(ignore(secret, "redirected"));
      return false;
    });
    stacks.set(spec.name, kept);
  }
  return warnings;
}

/** The value of an endpoint key, if it points away from the provider's own host. */
function findOverride(stacks: Stacks, key: string): readonly Candidate[] {
  const top = stacks.get(key)?.at(-1);
  if (top === undefined || top.value === "" || top.tier === "default") return [];
  return top.value === (top.spec.default ?? top.spec.builtIn) ? [] : [top];
}

/** Only values that count are judged, so that a wrong one can be overridden for a run. */
function findWrongValues(stacks: Stacks, options: ConfigurationOptions): readonly string[] {
  const warnings: string[] = [];
  for (const stack of stacks.values()) {
    const top = stack.at(-1);
    if (top === undefined || top.tier === "default") continue;
    const problem = checkValue(top.spec, top.value, describeOrigin(top, options.home));
    if (problem === undefined) continue;
    if (options.lenient === true) warnings.push(problem);
    else throw new ConfigurationError(problem, placeOf(top));
  }
  return warnings;
}

function placeOf(origin: Origin): { path?: string; line?: number } {
  return {
    ...(origin.path === undefined ? {} : { path: origin.path }),
    ...(origin.line === undefined ? {} : { line: origin.line }),
  };
}

const MAX_NAMED = 10;

/** One warning for all that waits for trust, one for what a project may never set. */
function warnIgnored(ignored: readonly IgnoredSetting[], home: string): readonly string[] {
  const name = (reason: IgnoredSetting["reason"]): string => {
    const named = ignored.filter((setting) => setting.reason === reason);
    const shown = named.slice(0, MAX_NAMED).map((setting) => `${setting.key} ${describeOrigin(setting, home)}`);
    return shown.join(", ") + (named.length > MAX_NAMED ? ` and ${named.length - MAX_NAMED} more` : "");
  };
  const [untrusted, never] = [name("untrusted"), name("never")];
  const warnings: string[] = [];
  if (untrusted !== "") {
    warnings.push(
      `ignored, because a project file may not decide it: ${untrusted}; to allow it, scorpiox-config trust`,
    );
  }
  if (never !== "")
    warnings.push(`ignored, because no project may set it: ${never}; set it in the user tier or the environment`);
  return warnings;
}

type Facts = Pick<Configuration, "files" | "ignored" | "duplicates" | "warnings" | "secrets">;

function createConfiguration(stacks: Stacks, home: string, facts: Facts): Configuration {
  const resolve = (key: string): Resolved | undefined => {
    const stack = stacks.get(key);
    const top = stack?.at(-1);
    if (stack === undefined || top === undefined) return undefined;
    return { ...originOf(top), key, value: top.value, shadows: stack.slice(0, -1).toReversed().map(toShadow) };
  };
  return {
    ...facts,
    resolve,
    value: (key) => stacks.get(key)?.at(-1)?.value,
    entries: () => KEYS.flatMap((spec: KeySpec) => resolve(spec.name) ?? []),
    settings: () => {
      const settings: Record<string, string> = {};
      for (const { name } of KEYS) {
        const value = stacks.get(name)?.at(-1)?.value;
        if (value !== undefined && value !== "") settings[name] = value;
      }
      return settings;
    },
    describe: (key) => {
      const top = stacks.get(key)?.at(-1);
      return top === undefined ? "(not set)" : describeOrigin(top, home);
    },
  };
}

function originOf(candidate: Candidate): Origin {
  const { tier, path, line, fromProject } = candidate;
  return {
    tier,
    ...(path === undefined ? {} : { path }),
    ...(line === undefined ? {} : { line }),
    ...(fromProject === undefined ? {} : { fromProject }),
  };
}

function toShadow(candidate: Candidate): Origin & { readonly value: string } {
  return { ...originOf(candidate), value: candidate.value };
}
