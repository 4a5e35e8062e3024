import { realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import {
  allowProject,
  displayPath,
  ExitCode,
  Failure,
  inspectProject,
  type Io,
  type ProjectTrust,
  quoted,
  readTrustStore,
  revokeProject,
  UsageError,
} from "@scorpiox/sxutil";
import type { ConfigOptions } from "./args.js";
import { askYes, canAsk } from "./ask-yes.js";
import { describeProject, isAsking, projectAsJson } from "./shown-trust.js";

/**
 * Shows what the files of a project ask for and, after a question or with `--yes`, allows exactly that. Without a
 * terminal nothing is asked and nothing is allowed: exit code 55 where something asks.
 */
export async function trustProject(path: string | undefined, options: ConfigOptions, io: Io): Promise<number> {
  if (options.list) return listTrusted(options, io);
  const folder = resolve(io.cwd, path ?? ".");
  if (options.revoke) return await revoke(folder, options, io);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(`${quoted(folder, 300)} is not a folder; give the folder of a project`);
  }
  const project = inspectProject({ env: io.env, home: io.home, cwd: folder });
  const asking = isAsking(project);
  const print = (allowed: boolean): void => {
    if (options.json) io.stdout.write(`${JSON.stringify({ ...projectAsJson(project), allowed }, null, 2)}\n`);
  };
  if (!options.json) for (const line of describeProject(project, io)) io.stdout.write(`${line}\n`);
  if (!asking) {
    print(project.files.some(({ state }) => state === "trusted"));
    return ExitCode.ok;
  }
  const shown = displayPath(project.root, io.home);
  const yes = options.yes === true || (canAsk(io) && (await askYes(`Allow this for ${shown}?`, io)));
  if (yes) await allowProject(io, project, io.signal);
  print(yes);
  if (yes) {
    if (!options.json) io.stderr.write(`${shown} is trusted, as its files are now\n`);
    return ExitCode.ok;
  }
  const next = canAsk(io) ? "" : "; nobody can be asked here: look at it on a terminal, or give --yes";
  throw new Failure("untrusted", ExitCode.untrusted, `${shown} was not allowed anything${next}`);
}

async function revoke(folder: string, options: ConfigOptions, io: Io): Promise<number> {
  const roots = [...new Set([rootOf(folder, io), folder])];
  let revoked: string | undefined;
  for (const root of roots) if (await revokeProject(io, root, io.signal)) revoked ??= root;
  if (options.json)
    io.stdout.write(`${JSON.stringify({ root: revoked ?? roots[0], revoked: revoked !== undefined })}\n`);
  else {
    const shown = displayPath(revoked ?? roots[0] ?? folder, io.home);
    io.stderr.write(revoked === undefined ? `${shown} was not trusted\n` : `${shown} is no longer trusted\n`);
  }
  return ExitCode.ok;
}

/** The root of the project of a folder; the folder itself when it is gone. */
function rootOf(folder: string, io: Io): string {
  try {
    return inspectProject({ env: io.env, home: io.home, cwd: realpathSync(folder) }).root;
  } catch (error) {
    if (error instanceof Failure) throw error;
    // A project that is gone is known by its name only.
    return folder;
  }
}

function listTrusted(options: ConfigOptions, io: Io): number {
  const projects = Array.from(readTrustStore(io), ([root, files]): ProjectTrust & { gone: boolean } => {
    const names = new Set(files.keys());
    try {
      const { files: now } = inspectProject({ env: io.env, home: io.home, cwd: root });
      return { root, gone: false, files: now.filter(({ name }) => names.has(name)) };
    } catch (error) {
      if (error instanceof Failure) throw error;
      // The folder is gone, or may not be looked at any more.
      return { root, gone: true, files: [] };
    }
  });
  if (options.json) {
    const document = projects.map((project) => ({ ...projectAsJson(project), gone: project.gone }));
    io.stdout.write(`${JSON.stringify({ projects: document }, null, 2)}\n`);
    return ExitCode.ok;
  }
  for (const { root, gone, files } of projects) {
    const changed = files.some(({ state }) => state !== "trusted" && state !== "harmless");
    const state = gone ? "gone" : changed ? "changed" : "trusted";
    io.stdout.write(`${state}\t${displayPath(root, io.home)}\n`);
  }
  return ExitCode.ok;
}
