import type { Choice } from "./choice.js";

/**
 * What git would do with the project's file: nothing, because there is no repository; leave it out; commit it; or it is
 * committed already.
 */
export type GitState = "no repository" | "ignored" | "open" | "tracked";

/** What is known before a question is asked. Secrets are not part of it. */
export interface SetupFacts {
  /** Of a provider what was found for it, in a few words: `login in ~/.codex/auth.json`. */
  readonly found: Readonly<Record<string, string>>;
  /** What counts today, by key; no defaults, no secrets. */
  readonly current: Readonly<Record<string, string>>;
  /** The keys of secrets that have a value. */
  readonly present: readonly string[];
  /** Models by provider: from the table, or from the service once it was asked. */
  readonly models: Readonly<Record<string, readonly Choice[]>>;
  /** Addresses of servers that answered on this machine, once they were looked for. */
  readonly servers: readonly string[];
  /** The project file as people write its path. */
  readonly projectFile: string;
  readonly git: GitState;
}
