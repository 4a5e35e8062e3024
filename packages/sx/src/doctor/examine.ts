import { Failure } from "@scorpiox/sxutil";
import { examineConfiguration } from "./examine-configuration.js";
import { examineCredentials } from "./examine-credentials.js";
import { examineLogins } from "./examine-logins.js";
import { examineMachine } from "./examine-machine.js";
import type { ExamineOptions } from "./examine-options.js";
import { examineProgram } from "./examine-program.js";
import { examineStorage } from "./examine-storage.js";
import { examineTerminal } from "./examine-terminal.js";
import { examineTrust } from "./examine-trust.js";
import type { Finding } from "./finding.js";

type Check = (options: ExamineOptions) => readonly Finding[] | Promise<readonly Finding[]>;

/** What needs nobody but this machine, in the order in which it is shown. */
const CHECKS: readonly (readonly [area: string, check: Check])[] = [
  ["sx", examineProgram],
  ["configuration", examineConfiguration],
  ["trust", examineTrust],
  ["credentials", examineCredentials],
  ["logins", examineLogins],
  ["machine", examineMachine],
  ["disk", examineStorage],
  ["terminal", examineTerminal],
];

/** Looks at what this program stands on. Nobody outside this machine is asked. */
export async function examine(options: ExamineOptions): Promise<readonly Finding[]> {
  return (await Promise.all(CHECKS.map(([area, check]) => guarded(area, check, options)))).flat();
}

/** A check that fails is an answer as well: its failure is what there is to say. Only an abort rejects. */
export async function guarded(area: string, check: Check, options: ExamineOptions): Promise<readonly Finding[]> {
  try {
    return await check(options);
  } catch (error) {
    options.io.signal.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    return [{ area, level: "error", text: error.message }];
  }
}
