import type { Configuration, Io } from "@scorpiox/sxutil";
import type { KnownSecrets } from "../known-secrets.js";

/** What every check may look at. */
export interface ExamineOptions {
  readonly io: Io;
  /** Real path of the working folder. */
  readonly cwd: string;
  readonly configuration: Configuration;
  readonly secrets: KnownSecrets;
}
