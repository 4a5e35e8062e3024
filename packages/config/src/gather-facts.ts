import { join } from "node:path";
import { CredentialError, findLogin, type VendorName } from "@scorpiox/sxnet/credentials";
import {
  displayPath,
  ENV_FILE_NAME,
  findKey,
  findProject,
  type Io,
  isSecret,
  readConfiguration,
} from "@scorpiox/sxutil";
import { askGit } from "./git-ignore.js";
import type { GitState, SetupFacts } from "./setup-facts.js";
import { knownModels } from "./setup-network.js";

const PROVIDERS = ["codex", "claude_code", "anthropic", "gemini", "openai", "local", "scorpiox"] as const;

/** Looks at this machine: configuration, environment, login files, git. Nobody is asked over a network. */
export async function gatherFacts(io: Io): Promise<SetupFacts> {
  const configuration = readConfiguration({ env: io.env, cwd: io.cwd, home: io.home, lenient: true });
  const set = configuration.entries().filter(({ tier, value }) => tier !== "default" && value !== "");
  const secret = (key: string): boolean => {
    const spec = findKey(key);
    return spec !== undefined && isSecret(spec);
  };
  const found: Record<string, string> = {};
  const settings = configuration.settings();
  for (const [vendor, key] of [
    ["codex", "CODEX_TOKEN_SOURCE"],
    ["claude_code", "CLAUDE_CODE_TOKEN_SOURCE"],
  ] as const) {
    const place = await findPlan(vendor, { ...settings, [key]: "local" }, io);
    if (place !== undefined) found[vendor] = place;
  }
  for (const [provider, key] of [
    ["anthropic", "ANTHROPIC_API_KEY"],
    ["gemini", "GEMINI_API_KEY"],
    ["openai", "OPENAI_API_KEY"],
  ] as const) {
    const entry = set.find((one) => one.key === key);
    if (entry !== undefined)
      found[provider] = `key in ${entry.path === undefined ? "the environment" : displayPath(entry.path, io.home)}`;
  }
  const project = findProject(io);
  const file = project.files.at(-1) ?? join(project.root, ENV_FILE_NAME);
  const models = await Promise.all(PROVIDERS.map(async (name) => [name, await knownModels(name)] as const));
  return {
    found,
    current: Object.fromEntries(set.filter(({ key }) => !secret(key)).map(({ key, value }) => [key, value])),
    present: set.filter(({ key }) => secret(key)).map(({ key }) => key),
    models: Object.fromEntries(models),
    servers: [],
    projectFile: displayPath(file, io.home),
    git: await readGitState(project.root, file, io),
  };
}

async function findPlan(
  vendor: VendorName,
  settings: Readonly<Record<string, string>>,
  { env, home, signal }: Io,
): Promise<string | undefined> {
  try {
    const { place } = await findLogin({ vendor, settings, env, home }, signal);
    return `login in ${place.name}`;
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    // None, or one that cannot be used: the check at the end says what is wrong with it.
    return undefined;
  }
}

/** Asks git, whose answer alone counts. Where it cannot be asked, the file is taken for one that is committed. */
async function readGitState(root: string, file: string, io: Io): Promise<GitState> {
  const inside = await askGit(["rev-parse", "--is-inside-work-tree"], root, io);
  if (inside === 128) return "no repository";
  if ((await askGit(["ls-files", "--error-unmatch", "--", file], root, io)) !== 1) return "tracked";
  return (await askGit(["check-ignore", "-q", "--", file], root, io)) === 0 ? "ignored" : "open";
}
