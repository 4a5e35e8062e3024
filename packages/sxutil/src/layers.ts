import { join } from "node:path";
import { type EnvFile, readEnvFile } from "./env-file-read.js";
import { ConfigurationError, UsageError } from "./failure.js";
import type { KeySpec } from "./key-spec.js";
import { KEYS } from "./key-table.js";
import { canonicalValue, findKey, suggestKeys } from "./keys.js";
import { describeOrigin, type Origin, type Tier } from "./origin.js";
import {
  displayPath,
  ENV_FILE_NAME,
  findProject,
  globalFolder,
  type Project,
  projectFiles,
  type Surroundings,
  userFiles,
} from "./paths.js";
import { checkProfileName, profileCandidates } from "./profile.js";
import { oneLine, quoted } from "./one-line.js";
import { createTrustReader, needsTrust } from "./trust.js";

export interface ConfigurationOptions extends Surroundings {
  /** `-e KEY=VALUE` and the flags that stand for a key, in order; a later one wins. */
  readonly overrides?: readonly (readonly [key: string, value: string])[];
  /** Only these tiers are read. Default: all. */
  readonly only?: readonly Tier[];
  /** The project folder is trusted as a whole, or (false) not at all. Default: what was allowed, by content. */
  readonly trusted?: boolean;
  /** Whether this very content of a project file is trusted. Default: as `scorpiox-config trust` keeps it. */
  readonly trustedContent?: (path: string, bytes: Uint8Array) => boolean;
  /** Broken files and wrong values become warnings, for commands that show or mend them. Default: false. */
  readonly lenient?: boolean;
}

/** One value at one place, in its one spelling. */
export interface Setting extends Origin {
  readonly spec: KeySpec;
  readonly value: string;
}

/** The settings of one place. */
export interface Layer {
  readonly settings: readonly Setting[];
  readonly fromProject: boolean;
  /** Always true for what is not from a project. */
  readonly trusted: boolean;
}

export interface Layers {
  /** Lowest first. */
  readonly layers: readonly Layer[];
  readonly files: readonly { readonly tier: Tier; readonly path: string; readonly found: boolean }[];
  readonly warnings: readonly string[];
  readonly duplicates: readonly (Origin & { readonly key: string; readonly lines: readonly number[] })[];
}

const MAX_UNKNOWN_PER_FILE = 5;

/** Reads everything that may set a key; decides nothing. */
export function readLayers(options: ConfigurationOptions): Layers {
  const reader = new LayerReader(options);
  return reader.read();
}

class LayerReader {
  readonly #options: ConfigurationOptions;
  readonly #files: { tier: Tier; path: string; found: boolean }[] = [];
  readonly #warnings: string[] = [];
  readonly #duplicates: (Origin & { key: string; lines: readonly number[] })[] = [];

  #isTrusted: (path: string, bytes: Uint8Array) => boolean = () => false;

  constructor(options: ConfigurationOptions) {
    this.#options = options;
  }

  read(): Layers {
    const project = findProject(this.#options);
    const { trusted, trustedContent } = this.#options;
    const reader = createTrustReader(this.#options, project, (line) => void this.#warnings.push(line));
    this.#isTrusted = trusted === undefined ? (trustedContent ?? reader) : () => trusted;
    const top = [this.#readEnvironment(), this.#readOverrides()];
    const fileLayers = [...this.#readBaseFiles(project)];
    const profile = this.#readProfile(project, [...fileLayers, ...top]);
    return {
      layers: [this.#readDefaults(), ...fileLayers, ...profile, ...top],
      files: this.#files,
      warnings: this.#warnings,
      duplicates: this.#duplicates,
    };
  }

  #wants(tier: Tier): boolean {
    return this.#options.only?.includes(tier) ?? true;
  }

  #readDefaults(): Layer {
    const settings: Setting[] = [];
    if (this.#wants("default")) {
      for (const spec of KEYS) {
        if (spec.default !== undefined) settings.push({ tier: "default", spec, value: spec.default });
      }
    }
    return ours(settings);
  }

  #readEnvironment(): Layer {
    const settings: Setting[] = [];
    if (this.#wants("environment")) {
      for (const spec of KEYS) {
        const value = this.#options.env[spec.name];
        if (value !== undefined && value !== "") settings.push(this.#setting(spec, value, { tier: "environment" }));
      }
    }
    return ours(settings);
  }

  #readOverrides(): Layer {
    const settings: Setting[] = [];
    for (const [key, value] of this.#options.overrides ?? []) {
      const spec = findKey(key);
      if (spec === undefined) throw new UsageError(`${quoted(key, 60)} is no configuration key${suggestKeys(key)}`);
      if (this.#wants("command line")) settings.push(this.#setting(spec, value, { tier: "command line" }));
    }
    return ours(settings);
  }

  *#readBaseFiles(project: Project): Generator<Layer> {
    const { env, home } = this.#options;
    const global = join(globalFolder(env), ENV_FILE_NAME);
    const user = userFiles(env, home);
    if (this.#wants("global")) yield* this.#readFile("global", global, false);
    if (this.#wants("user")) for (const path of user) yield* this.#readFile("user", path, false);
    if (!this.#wants("project")) return;
    for (const path of projectFiles(project.root)) {
      if (project.files.includes(path)) yield* this.#readFile("project", path, true);
      else if (!user.includes(path)) this.#files.push({ tier: "project", path, found: false });
    }
  }

  /** The file as a layer; nothing when it is absent, or broken and the caller bears that. */
  *#readFile(tier: Tier, path: string, fromProject: boolean): Generator<Layer> {
    const file = this.#tryRead(path);
    this.#files.push({ tier, path, found: file !== undefined });
    if (file !== undefined) yield this.#layerOf(file, tier, fromProject);
  }

  #tryRead(path: string): EnvFile | undefined {
    return this.#bear(() => readEnvFile(path, displayPath(path, this.#options.home)));
  }

  #layerOf(file: EnvFile, tier: Tier, fromProject: boolean): Layer {
    const { home } = this.#options;
    const origin = { tier, path: file.path, ...(fromProject ? { fromProject } : {}) };
    for (const { key, lines } of file.duplicates) this.#duplicates.push({ ...origin, key, lines });
    const settings: Setting[] = [];
    let unknown = 0;
    for (const { key, value, line } of file.entries) {
      const spec = findKey(key);
      const place = { ...origin, line };
      if (spec === undefined) {
        if (++unknown <= MAX_UNKNOWN_PER_FILE) {
          this.#warnings.push(`unknown key ${oneLine(key, 60)} ${describeOrigin(place, home)}${suggestKeys(key)}`);
        }
      } else if (tier === "profile" && spec.name === "ACTIVE_PROFILE") {
        this.#warnings.push(
          `ACTIVE_PROFILE has no effect inside a profile ${describeOrigin(place, home)}; remove the line`,
        );
      } else {
        settings.push(this.#setting(spec, value, place));
      }
    }
    const more = unknown - MAX_UNKNOWN_PER_FILE;
    if (more > 0) this.#warnings.push(`${more} more unknown keys ${describeOrigin(origin, home)}`);
    // A file in which nothing waits for trust is not even hashed; a profile's own place in the cascade depends on it.
    const matters = fromProject && (tier === "profile" || needsTrust(file.entries));
    return { settings, fromProject, trusted: !fromProject || (matters && this.#isTrusted(file.path, file.bytes)) };
  }

  *#readProfile(project: Project, base: readonly Layer[]): Generator<Layer> {
    const active = base
      .flatMap((layer) => layer.settings)
      .findLast((setting) => setting.spec.name === "ACTIVE_PROFILE");
    if (active === undefined || active.value === "" || !this.#wants("profile")) return;
    const { home } = this.#options;
    const place = describeOrigin(active, home);
    const problem = checkProfileName(active.value);
    if (problem !== undefined) {
      this.#bear(() => fail(`${problem}, in ACTIVE_PROFILE ${place}; choose another name`, active));
      return;
    }
    const candidates = profileCandidates(active.value, this.#options, project);
    let first: { path: string; layer: Layer } | undefined;
    let chosen: { path: string; layer: Layer } | undefined;
    for (const { place: where, path } of candidates) {
      const file = this.#tryRead(path);
      if (file === undefined) continue;
      const found = { path, layer: this.#layerOf(file, "profile", where === "project") };
      first ??= found;
      // An untrusted project must not push the user's own profile of that name aside.
      if (!found.layer.trusted) continue;
      chosen = found;
      break;
    }
    chosen ??= first;
    if (first !== undefined && chosen !== undefined) {
      if (chosen !== first) {
        const [used, other] = [chosen, first].map((found) => displayPath(found.path, home));
        this.#warnings.push(
          `profile ${active.value} is taken from ${used}, not from ${other}: a project may not replace it`,
        );
      }
      this.#files.push({ tier: "profile", path: chosen.path, found: true });
      yield chosen.layer;
      return;
    }
    const looked = candidates.map((candidate) => displayPath(candidate.path, home)).join(", ");
    this.#bear(() =>
      fail(
        `ACTIVE_PROFILE is ${quoted(active.value)} ${place}, but there is no such profile; looked for ${looked}`,
        active,
      ),
    );
  }

  #setting(spec: KeySpec, value: string, origin: Origin): Setting {
    return { ...origin, spec, value: canonicalValue(spec, value, this.#options.home) };
  }

  /** Runs `work`; a broken file or value is a warning where the caller asked for that. */
  #bear<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (this.#options.lenient !== true || !(error instanceof ConfigurationError)) throw error;
      this.#warnings.push(error.message);
      return undefined;
    }
  }
}

function ours(settings: readonly Setting[]): Layer {
  return { settings, fromProject: false, trusted: true };
}

function fail(message: string, origin: Origin): never {
  throw new ConfigurationError(message, {
    ...(origin.path === undefined ? {} : { path: origin.path }),
    ...(origin.line === undefined ? {} : { line: origin.line }),
  });
}
