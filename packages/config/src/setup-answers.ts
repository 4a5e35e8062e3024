import { findKey } from "@scorpiox/sxutil";
import type { SetupFacts } from "./setup-facts.js";
import type { Setup } from "./setup-plan.js";
import type { Answers } from "./wizard.js";

const TIERS = ["user", "project", "profile"] as const;

/** The keys that the answers set, in the order of the questions, then what else was asked for. */
export function toSetup(
  answers: Answers,
  facts: SetupFacts,
  further: readonly (readonly [string, string])[] = [],
): Setup {
  const values = new Map<string, string>();
  for (const [id, value] of Object.entries(answers)) {
    if (findKey(id) === undefined) continue;
    // An emptied answer blanks what counts so far; where nothing does, there is nothing to write.
    if (value === "" && (facts.current[id] ?? "") === "") continue;
    values.set(id, id === "PROVIDER" && value === "local" ? "openai" : value);
  }
  for (const [key, value] of further) values.set(key, value);
  return {
    values: [...values],
    tier: TIERS.find((tier) => tier === answers["tier"]) ?? "user",
    profile: answers["profile"],
    activate: answers["activate"] === "yes",
    mayIgnore: answers["secrets"] === "ignore",
    git: facts.git,
  };
}
