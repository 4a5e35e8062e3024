import {
  displayPath,
  findKey,
  type Io,
  isSecret,
  maskSecret,
  oneLine,
  type ProjectFile,
  type ProjectTrust,
  quoted,
  type RiskyEntry,
} from "@scorpiox/sxutil";

/** Whether something in the project waits for an answer. */
export function isAsking({ files }: ProjectTrust): boolean {
  return files.some(({ state }) => state === "new" || state === "changed");
}

/** What the files of a project ask for, line by line; hostile names and values are made visible. */
export function describeProject(project: ProjectTrust, io: Io): readonly string[] {
  const lines = [`project ${displayPath(project.root, io.home)}`];
  if (project.files.length === 0) lines.push("  it has no configuration files");
  for (const file of project.files) {
    lines.push(`  ${oneLine(file.name, 300)} (${STATES[file.state]})`);
    if (file.problem !== undefined) lines.push(`    ${oneLine(file.problem)}`);
    for (const entry of file.risky) {
      lines.push(`    line ${entry.line}: ${entry.key}=${shown(entry.key, entry.value)}${changeOf(file, entry)}`);
      lines.push(`      ${effectOf(entry)}`);
    }
    for (const { key, before } of file.gone) lines.push(`    ${key} is gone; it was ${shown(key, before)}`);
    for (const { key, line, value } of file.secrets) {
      lines.push(
        `    line ${line}: ${key}=${shown(key, value)}`,
        "      a secret of the project's: it goes to hosts that the project names, too",
      );
    }
  }
  return lines;
}

const STATES: Readonly<Record<ProjectFile["state"], string>> = {
  trusted: "trusted as it is",
  harmless: "nothing in it needs trust",
  new: "not trusted",
  changed: "changed since you allowed it",
  broken: "broken: nothing in it counts",
};

function changeOf(file: ProjectFile, { key, before, value }: RiskyEntry): string {
  if (file.state !== "changed") return "";
  if (before === undefined) return "  (new)";
  return before === value ? "  (as before)" : `  (was ${shown(key, before)})`;
}

function shown(key: string, value: string): string {
  const spec = findKey(key);
  if (spec !== undefined && isSecret(spec)) return maskSecret(value);
  return /[\s"\\]|[^\x20-\x7e]/.test(value) || value === "" ? quoted(value, 2000) : oneLine(value, 2000);
}

/** What would happen, in words: which host gets traffic, what is read, what runs. */
function effectOf({ spec, value }: Pick<RiskyEntry, "spec" | "value">): string {
  const whose = spec.provider === undefined ? "" : ` of ${spec.provider}`;
  if (spec.class === "runs") return `this program would run: ${quoted(value, 2000)}`;
  if (value === "") return `your own setting would no longer count: ${spec.help}`;
  if (spec.kind === "url") {
    return `requests${whose}, with what you write and your login where there is one, would go to ${hostOf(value)}`;
  }
  if (spec.name.endsWith("_SSH_HOST"))
    return `the access token${whose} would be read from the machine ${quoted(value, 300)}`;
  if (spec.name.endsWith("_TOKEN_SOURCE")) {
    return `the access token${whose} would come from elsewhere, and your work could land in another account: ${spec.help}`;
  }
  return `credentials${whose}: ${spec.help}`;
}

/** The host as it would be asked for: other alphabets as punycode, so that a look-alike shows. */
function hostOf(value: string): string {
  try {
    return new URL(value).host;
  } catch {
    // Not an address; then no request is sent either.
    return quoted(value, 300);
  }
}

export function projectAsJson({ root, files }: ProjectTrust): object {
  return {
    root,
    files: files.map(({ name, path, state, hash, risky, gone, secrets, problem }) => ({
      name,
      path,
      state,
      hash: hash === "" ? null : hash,
      problem: problem ?? null,
      keys: risky.map((entry) => ({
        key: entry.key,
        value: entry.value,
        line: entry.line,
        class: entry.spec.class,
        before: entry.before ?? null,
        effect: effectOf(entry),
      })),
      gone,
      secrets: secrets.map(({ key, line, value }) => ({ key, line, value: maskSecret(value) })),
    })),
  };
}
