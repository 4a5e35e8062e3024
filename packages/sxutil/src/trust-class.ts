import type { KeySpec } from "./key-spec.js";

/** `untrusted`: not before the folder is trusted. `never`: not from a project at all. */
export type ProjectVerdict = "use" | "untrusted" | "never";

/**
 * Whether a project file may set a key to this value. `lower` is what counts without that file. A value that changes
 * nothing, or that only tightens a guard, may always be set; a secret is judged later, when it is known where it would
 * be sent (see `maySendSecret`). Both values in their one spelling.
 */
export function judgeProjectValue(
  spec: KeySpec,
  value: string,
  lower: string | undefined,
  trusted: boolean,
): ProjectVerdict {
  if (spec.class === "harmless" || spec.class === "secret") return "use";
  const before = lower ?? spec.builtIn ?? "";
  if (value === before || isStricter(spec, value, before)) return "use";
  if (spec.narrows === true && before === "") return "use";
  if (spec.class === "security") return "never";
  return trusted ? "use" : "untrusted";
}

function isStricter(spec: KeySpec, value: string, than: string): boolean {
  const order = spec.strictness ?? [];
  const position = order.indexOf(value);
  return position === 0 || (position !== -1 && position < order.indexOf(than));
}

/** Where a value is from, as far as secrets care. */
export interface SecretOrigin {
  readonly fromProject: boolean;
  readonly fromCommandLine: boolean;
}

/** A key that decides which host gets a secret, set to something other than the provider's own host. */
export interface EndpointOverride {
  /** A project file chose the host, and nobody else did. */
  readonly fromProject: boolean;
}

/**
 * Whether a secret may go where the endpoint keys point. To the provider's own hosts: always. To a host that a project
 * chose (which only a trusted one can): the project's own secret, or one typed for this run, never the user's. To a
 * host that somebody else chose: never a project's secret, because it would put the user's work into a stranger's account.
 */
export function maySendSecret(secret: SecretOrigin, overrides: readonly EndpointOverride[]): boolean {
  return overrides.every(
    (override) => override.fromProject === secret.fromProject || (override.fromProject && secret.fromCommandLine),
  );
}
