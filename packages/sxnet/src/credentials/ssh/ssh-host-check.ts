import { displayPath } from "@scorpiox/sxutil";
import { CredentialError } from "../credential-error.js";
import {
  hostKeyFingerprint,
  hostKeyType,
  type HostKeyVerdict,
  judgeHostKey,
  type KnownHosts,
  knownKeyTypes,
} from "./known-hosts.js";
import { addKnownHost, readKnownHosts } from "./known-hosts-file.js";
import { keyOf, LOGIN_VENDORS, type LoginVendor } from "../login-vendor.js";
import type { Question } from "../source.js";

/** What to do about a host that nobody has seen before. `ask` without anybody to ask is `yes`. */
export type HostKeyPolicy = "yes" | "ask" | "accept-new";

export interface HostCheckPlan {
  /** Under which the host's key is kept, as `knownHostName` makes it. */
  readonly name: string;
  /** For messages. */
  readonly place: string;
  /** Whose settings these are. Default: Codex. */
  readonly vendor?: LoginVendor | undefined;
  readonly home: string;
  /** New hosts go into the first one. */
  readonly userFiles: readonly string[];
  readonly systemFiles: readonly string[];
  readonly policy: HostKeyPolicy;
  /** The only fingerprint that will do, as `SHA256:...`. */
  readonly pinned?: string | undefined;
  readonly hashNewNames: boolean;
  readonly ask?: ((question: Question) => Promise<string | undefined>) | undefined;
  readonly signal: AbortSignal;
}

/**
 * Host key algorithms in order of preference, by family: a family's keys are all of the types it names. No SHA-1, no
 * DSA, no certificates.
 */
const FAMILIES: readonly { readonly types: readonly string[]; readonly algorithms: readonly string[] }[] = [
  { types: ["ssh-ed25519"], algorithms: ["ssh-ed25519"] },
  ...["ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"].map((type) => ({
    types: [type],
    algorithms: [type],
  })),
  { types: ["ssh-rsa"], algorithms: ["rsa-sha2-512", "rsa-sha2-256"] },
];

/** Decides about one host's key, before anything secret is said to it. */
export class HostCheck {
  /** Lines for stderr. */
  readonly warnings: string[] = [];
  readonly #shown: string[] = [];
  #toAdd: Buffer | undefined;

  private constructor(
    private readonly plan: HostCheckPlan,
    private readonly hosts: KnownHosts,
  ) {}

  /** @throws CredentialError `host_key` when the files of known hosts cannot be used. */
  static async open(plan: HostCheckPlan): Promise<HostCheck> {
    const key = keyOf(plan.vendor ?? LOGIN_VENDORS.codex, "SSH_KNOWN_HOSTS");
    const hosts = await readKnownHosts([...plan.userFiles, ...plan.systemFiles], plan.home, key);
    const lost = hosts.faults.find(({ revokes }) => revokes);
    if (lost === undefined) return new HostCheck(plan, hosts);
    const where = `${displayPath(lost.path, plan.home)} line ${lost.line}`;
    throw new CredentialError("host_key", `${where} revokes a key that cannot be read; mend the line`);
  }

  /**
   * Which host key algorithms to offer, in which order, one list for each connection to be made until one succeeds.
   * Types by which the host is known come first, as a server shows one key only: the first that it has. A fingerprint
   * does not tell its type, so with a pinned one the server is made to show one key after another.
   */
  get rounds(): readonly (readonly string[])[] {
    const known = new Set(knownKeyTypes(this.hosts, this.plan.name));
    const isKnown = (family: (typeof FAMILIES)[number]): boolean => family.types.some((type) => known.has(type));
    const ordered = [...FAMILIES.filter(isKnown), ...FAMILIES.filter((family) => !isKnown(family))];
    const lists = ordered.map(({ algorithms }) => algorithms);
    return this.plan.pinned === undefined ? [lists.flat()] : lists;
  }

  /**
   * Whether the handshake may go on. The server's proof that it has the key comes only afterwards: `keep` what is new
   * then. `uncounted` runs what a person takes time for.
   * @throws CredentialError `host_key`
   */
  async verify(key: Buffer, uncounted: <T>(work: () => Promise<T>) => Promise<T>): Promise<void> {
    const { name, pinned, policy } = this.plan;
    const verdict = judgeHostKey(this.hosts, name, key);
    const shown = `${hostKeyType(key)} ${hostKeyFingerprint(key)}`;
    this.#shown.push(shown);
    if (verdict.kind === "revoked") throw this.#refusal(verdict, shown);
    if (pinned !== undefined) {
      if (pinned === hostKeyFingerprint(key)) return;
      throw new WrongPin(this.#describeWrongPin());
    }
    if (verdict.kind === "known") return;
    // A host that is known and suddenly has no key of the known type is no new host.
    const isNew = verdict.kind === "unknown" && verdict.types.length === 0;
    if (!isNew || policy === "yes") throw this.#refusal(verdict, shown);
    this.#refuseFaults();
    if (policy === "ask") await uncounted(() => this.#ask(verdict, shown, hostKeyFingerprint(key)));
    this.#toAdd = key;
  }

  /** Writes down a new host, once it has proved that the key is its own. @throws CredentialError `host_key` */
  async keep(): Promise<void> {
    const key = this.#toAdd;
    if (key === undefined) return;
    this.#toAdd = undefined;
    const { name, place, home, hashNewNames, userFiles, signal } = this.plan;
    const [path] = userFiles;
    if (path === undefined) {
      const advice = `set ${this.#key("SSH_KNOWN_HOSTS")}, or UserKnownHostsFile in the SSH configuration`;
      throw new CredentialError("host_key", `there is no file to keep the host key of ${place} in; ${advice}`);
    }
    const verdict = await addKnownHost(
      path,
      { name, key, hashed: hashNewNames },
      { home, key: this.#key("SSH_KNOWN_HOSTS"), signal },
    );
    const shown = `${hostKeyType(key)} ${hostKeyFingerprint(key)}`;
    if (verdict.kind !== "known") throw this.#refusal(verdict, shown);
    this.warnings.push(`${place} is new: its host key ${shown} is kept in ${displayPath(path, home)}`);
  }

  /** A host none of whose keys is of a kind that is offered. */
  noCommonKey(): CredentialError {
    if (this.#shown.length > 0) return new WrongPin(this.#describeWrongPin());
    const message = `${this.plan.place} has no host key that is safe to use (ed25519, ecdsa, or rsa with SHA-2)`;
    return new CredentialError("host_key", `${message}; give it one with ssh-keygen -A`);
  }

  async #ask(verdict: HostKeyVerdict, shown: string, fingerprint: string): Promise<void> {
    const text = `the host key of ${this.plan.place} is unknown: ${shown}; type yes or the fingerprint to trust it: `;
    const answer = (await this.plan.ask?.({ text, secret: false }))?.trim();
    if (answer?.toLowerCase() !== "yes" && answer !== fingerprint) throw this.#refusal(verdict, shown);
  }

  /** A line that cannot be read may have been about this very host. */
  #refuseFaults(): void {
    const [fault] = this.hosts.faults;
    if (fault === undefined) return;
    const where = `${displayPath(fault.path, this.plan.home)} line ${fault.line}`;
    throw new CredentialError("host_key", `${where} cannot be read, so no host is taken for new; mend the line`);
  }

  #refusal(verdict: HostKeyVerdict, shown: string): CredentialError {
    const { place, home, name } = this.plan;
    const at = "path" in verdict ? `${displayPath(verdict.path, home)} line ${verdict.line}` : "";
    const message = {
      known: "",
      revoked: `the host key of ${place} is revoked (${at}): ${shown}; do not use this host until its owner gives it another key`,
      changed:
        `the host key of ${place} has changed: it shows ${shown}, and ${at} has another one, so somebody may be in between;` +
        ` if its owner confirms the new key, remove the old one with ssh-keygen -R '${name}'`,
      unknown: this.#describeUnknown("types" in verdict ? verdict.types : [], shown),
    }[verdict.kind];
    return new CredentialError("host_key", message);
  }

  #describeUnknown(types: readonly string[], shown: string): string {
    const { place } = this.plan;
    const advice =
      `if its owner confirms the fingerprint, connect once with ssh, or set ${this.#key("SSH_HOST_KEY")} to it` +
      " (ssh-keyscan shows keys too, but proves nothing)";
    if (types.length === 0) return `the host key of ${place} is unknown: ${shown}; ${advice}`;
    return `${place} is known by its ${types.join(" and ")} key, but shows only ${shown}; ${advice}`;
  }

  #key(name: string): string {
    return keyOf(this.plan.vendor ?? LOGIN_VENDORS.codex, name);
  }

  #describeWrongPin(): string {
    const { place, pinned } = this.plan;
    const advice = "if its owner confirms a new key, correct the setting; somebody may be in between";
    return `the host key of ${place} is not the one that ${this.#key("SSH_HOST_KEY")} pins (${pinned}): it shows ${this.#shown.join(" and ")}; ${advice}`;
  }
}

/** The server may have another key still, which is the pinned one. */
export class WrongPin extends CredentialError {
  constructor(message: string) {
    super("host_key", message);
  }
}
