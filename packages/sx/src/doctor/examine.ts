import type { Configuration, Io } from "@scorpiox/sxutil";
import type { KnownSecrets } from "../known-secrets.js";
import { examineConfiguration } from "./examine-configuration.js";
import { examineCredentials } from "./examine-credentials.js";
import { examineMachine } from "./examine-machine.js";
import { examineTerminal } from "./examine-terminal.js";
import type { Finding } from "./finding.js";

export interface ExamineOptions {
  readonly io: Io;
  /** Real path of the working folder. */
  readonly cwd: string;
  readonly configuration: Configuration;
  readonly secrets: KnownSecrets;
}

/** Looks at what this program stands on. Nobody outside this machine is asked, and nothing is changed. */
export async function examine(options: ExamineOptions): Promise<readonly Finding[]> {
  const [credentials, machine] = await Promise.all([examineCredentials(options), examineMachine(options)]);
  return [...examineConfiguration(options), ...credentials, ...machine, ...examineTerminal(options)];
}
