import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { checkProfileName, ExitCode, Failure, findProject, profileCandidates, quoted } from "@scorpiox/sxutil";
import type { ChatControl, Choice } from "./slash-command.js";

/** What stands for no profile. */
export const OFF = "off";

/** The profiles that there are, by name, and where each is; the place that counts of each. Unsafe names are left out. */
export async function findProfiles({ io, cwd }: Pick<ChatControl, "io" | "cwd">): Promise<readonly Choice[]> {
  const surroundings = { env: io.env, home: io.home, cwd };
  const found = new Map<string, Choice>();
  for (const { path, place } of profileCandidates("any", surroundings, findProject(surroundings))) {
    // Most of these places do not exist.
    const files = await readdir(dirname(path)).catch((): string[] => []);
    for (const file of files.sort()) {
      const value = file.endsWith(".txt") ? file.slice(0, -4) : "";
      if (value === OFF || checkProfileName(value) !== undefined || found.has(value)) continue;
      found.set(value, { value, detail: place });
    }
  }
  return [...found.values()];
}

/**
 * The profile that was typed, or chosen from a list; "" for none.
 * @returns `undefined` when the person chose nothing
 * @throws Failure for a name that cannot be one
 */
export async function chooseProfile(chat: ChatControl, argument: string, title: string): Promise<string | undefined> {
  let name: string | undefined = argument;
  if (argument === "") {
    const profiles = await findProfiles(chat);
    if (profiles.length === 0) {
      chat.note("there are no profiles; one is a file scorpiox-env/NAME.txt in ~/.scorpiox or in the project");
      return undefined;
    }
    const none = { value: OFF, detail: "no profile" };
    name = await chat.pick(title, [...profiles, none], { current: chat.state.profile ?? OFF });
  }
  if (name === undefined || name === OFF) return name === OFF ? "" : undefined;
  const problem = checkProfileName(name);
  if (problem !== undefined)
    throw new Failure("bad_input", ExitCode.badInput, `${problem}; /profile lists those there are`);
  return name;
}

/** The choice for this session. What cannot be used is not: the settings of before stay. @throws Failure */
export async function useProfile(chat: ChatControl, name: string): Promise<void> {
  try {
    await chat.reconfigure({ profile: name === "" ? undefined : name });
  } catch (error) {
    chat.note(
      `${name === "" ? "without a profile" : `with the profile ${quoted(name)}`} nobody could answer; all stays as it was`,
      "warning",
    );
    throw error;
  }
}

/** For people: who answers now. */
export function answering({ state }: ChatControl): string {
  return `${state.providerName} ${state.model} answers`;
}
