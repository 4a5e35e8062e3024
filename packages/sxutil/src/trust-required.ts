import type { Configuration, IgnoredSetting } from "./cascade.js";
import { ExitCode } from "./exit-code.js";
import { Failure } from "./failure.js";
import { findKey } from "./keys.js";
import { describeOrigin, type Tier } from "./origin.js";

/** Lowest first. */
const TIERS: readonly Tier[] = ["default", "global", "user", "project", "profile", "environment", "command line"];

/** A message is one line, and its end says what to do. */
const MAX_NAMED = 6;

export interface Requirement {
  /** Whose keys the run needs; `router` and `scorpiox` are the same. */
  readonly provider: string;
  /** What the run itself has decided, above the configuration: such a key is not required of the project. */
  readonly decided?: Readonly<Record<string, string>>;
  /** Keys that this run has no use for. */
  readonly unused?: readonly string[];
  readonly home: string;
}

/**
 * Stops a run that nobody can be asked in, when it would use the provider that it is set to in another way than the
 * project asks: a key of that provider, which matters as things are set, was ignored for want of trust, and nobody else
 * has set it above the project. To go on would send the work to a host that the project did not mean.
 * @throws Failure `untrusted` (exit code 55) that names the keys
 */
export function refuseUntrusted(configuration: Configuration, requirement: Requirement): void {
  const required = findRequired(configuration, requirement);
  if (required.length === 0) return;
  const named = [...new Set(required.map((setting) => `${setting.key} ${describeOrigin(setting, requirement.home)}`))];
  const more = named.length > MAX_NAMED ? ` and ${named.length - MAX_NAMED} more` : "";
  throw new Failure(
    "untrusted",
    ExitCode.untrusted,
    `this project is not trusted, and what it asks for is needed: ${named.slice(0, MAX_NAMED).join(", ")}${more}; look at it with scorpiox-config trust, or set the key yourself`,
  );
}

function findRequired(
  configuration: Configuration,
  { provider, decided = {}, unused = [] }: Requirement,
): readonly IgnoredSetting[] {
  const name = provider === "router" ? "scorpiox" : provider;
  const valueOf = (key: string): string | undefined =>
    Object.hasOwn(decided, key) ? decided[key] : configuration.value(key);
  return configuration.ignored.filter(({ key, reason, tier }) => {
    const spec = findKey(key);
    if (reason !== "untrusted" || spec?.provider !== name) return false;
    if (unused.includes(key) || Object.hasOwn(decided, key)) return false;
    if (spec.when !== undefined && valueOf(spec.when.key) !== spec.when.value) return false;
    const counts = configuration.resolve(key)?.tier ?? "default";
    return TIERS.indexOf(counts) <= TIERS.indexOf(tier);
  });
}
