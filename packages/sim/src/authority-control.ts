import type { Authority } from "./authority-interface.js";
import { checkedLater, type ControlCommand } from "./control.js";
import type { Fault } from "./faults.js";
import { type Check, oneOf, text, whole } from "./json-check.js";

const SIGN_IN: Readonly<Record<string, Check>> = {
  accountId: text(200, 1),
  userId: text(200, 1),
  email: text(200, 1),
  plan: text(200, 1),
  accessTokenLifeMs: whole(-1e13, 1e13),
};
const SECRET: ControlCommand["fields"] = { secret: text(65_536, 1) };

/** What a test in another process can ask of an authority: the same as its methods do. */
export function authorityCommands(authority: Authority): Readonly<Record<string, ControlCommand>> {
  return {
    counters: { fields: {}, run: () => authority.counters() },
    violations: { fields: {}, run: () => authority.violations },
    settings: {
      fields: { settings: checkedLater },
      run: ({ settings = {} }) => {
        authority.configure(settings as object);
        return authority.settings();
      },
    },
    fault: {
      fields: { fault: checkedLater },
      needs: ["fault"],
      run: ({ fault }) => authority.addFault(fault as Fault),
    },
    clear_faults: { fields: {}, run: () => authority.clearFaults() },
    sign_in: { fields: SIGN_IN, run: (options) => authority.signIn(options) },
    sign_in_claude: { fields: SIGN_IN, run: (options) => authority.signInClaude(options) },
    decide_device: {
      fields: { userCode: text(100, 1), decision: oneOf(["approve", "deny"]) },
      needs: ["userCode", "decision"],
      run: ({ userCode, decision }) => ({
        done: authority.decideDevice(String(userCode), decision === "approve" ? "approve" : "deny"),
      }),
    },
    revoke: { fields: SECRET, needs: ["secret"], run: ({ secret }) => authority.revoke(String(secret)) },
    state: { fields: SECRET, needs: ["secret"], run: ({ secret }) => ({ state: authority.stateOf(String(secret)) }) },
  };
}
