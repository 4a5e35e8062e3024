/** What kind of text a key takes. A list is separated by commas; a path is absolute or starts with `~/`. */
export type KeyKind = "text" | "boolean" | "integer" | "decimal" | "url" | "path" | "list";

/**
 * What a key can do in the hands of somebody else's project file: nothing to worry about; send traffic or credentials
 * elsewhere; start programs; weaken this program's own guards; be a secret.
 */
export type KeyClass = "harmless" | "redirects" | "runs" | "security" | "secret";

export interface KeySpec {
  readonly name: string;
  readonly kind: KeyKind;
  readonly class: KeyClass;
  /** One line: what the key is for. */
  readonly help: string;
  /** The value when nothing sets the key. */
  readonly default?: string;
  /** What happens without a value, where the code that uses the key knows it: not a value of the configuration. */
  readonly builtIn?: string;
  /** Every value that is allowed, for a list every item. */
  readonly choices?: readonly string[];
  /** Other accepted words, and the choice each stands for. */
  readonly spellings?: Readonly<Record<string, string>>;
  /** From strictest to loosest; a project file may always move towards the strict end. */
  readonly strictness?: readonly string[];
  /** Any value only forbids things: a project file may set the key where nobody else has. */
  readonly narrows?: true;
  /** For `integer`. */
  readonly min?: number;
  readonly max?: number;
  /** The provider it matters for; absent: any. */
  readonly provider?: string;
  /** It matters only while another key has this value. */
  readonly when?: { readonly key: string; readonly value: string };
  /** For a secret: the keys that decide which host gets it. */
  readonly sentTo?: readonly string[];
}

/** Levels of thinking; `none` and `off` are the same. */
export const EFFORTS = ["off", "none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

/** `strictness` of a switch that is safest when off. */
export const OFF_IS_STRICTER = ["0", "1"] as const;

/** Where an access token may come from, and the other word for one of them. */
export const TOKEN_SOURCES = ["local", "remote", "ssh"] as const;
export const TOKEN_SOURCE_SPELLINGS = { http: "remote" } as const;
