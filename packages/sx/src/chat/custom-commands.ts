import { open, readdir } from "node:fs/promises";
import { constants } from "node:fs";
import { join } from "node:path";

/** A prompt that somebody keeps in a file, called by `/name`. */
export interface CustomCommand {
  readonly name: string;
  /** From the file's front matter, else where the file is. Not yet safe for a terminal. */
  readonly description: string;
  /** `project`: it came with the folder, so its text is shown before it is sent. */
  readonly origin: "project" | "user";
  readonly path: string;
  /** The prompt, `$ARGUMENTS` not yet in place. */
  readonly template: string;
}

const MAX_FILES = 200;
const MAX_BYTES = 64_000;
const MAX_DESCRIPTION_CHARS = 200;
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/**
 * The commands of `.scorpiox/commands/*.md` and `.claude/commands/*.md`, of the project and of the home folder. One name
 * counts once: the person's own goes before the project's. Files with other names, links, and what is too large or not
 * text are left out. Never throws.
 */
export async function findCustomCommands(cwd: string, home: string): Promise<readonly CustomCommand[]> {
  const found = new Map<string, CustomCommand>();
  const places = [
    [home, "user"],
    [cwd, "project"],
  ] as const;
  for (const [base, origin] of cwd === home ? places.slice(0, 1) : places) {
    for (const folder of [".scorpiox", ".claude"]) {
      for (const command of await readFolder(join(base, folder, "commands"), origin)) {
        if (!found.has(command.name)) found.set(command.name, command);
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The prompt of a call. Without a place for them, arguments stand at the end. */
export function fillTemplate(template: string, argument: string): string {
  if (template.includes("$ARGUMENTS")) return template.replaceAll("$ARGUMENTS", () => argument);
  return argument === "" ? template : `${template}\n\n${argument}`;
}

/** Text and description of a file: what stands between two lines of `---` at its top is about it. */
export function parseCommandFile(text: string): {
  readonly description: string | undefined;
  readonly template: string;
} {
  const [all, front] = /^---[ \t]*\r?\n([^]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(text) ?? [];
  const [, line] = /^description:[ \t]*(.*)$/m.exec(front ?? "") ?? [];
  const description = line?.trim().replace(/^(["'])(.*)\1$/, "$2");
  return {
    description:
      description === undefined || description === "" ? undefined : description.slice(0, MAX_DESCRIPTION_CHARS),
    template: text.slice(all?.length ?? 0).trim(),
  };
}

async function readFolder(folder: string, origin: CustomCommand["origin"]): Promise<readonly CustomCommand[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const commands: CustomCommand[] = [];
  for (const file of names.sort().slice(0, MAX_FILES)) {
    const name = file.endsWith(".md") ? file.slice(0, -3).toLowerCase() : "";
    if (!NAME.test(name)) continue;
    const path = join(folder, file);
    const text = await readSmall(path);
    if (text === undefined) continue;
    const { description, template } = parseCommandFile(text);
    if (template !== "") commands.push({ name, description: description ?? path, origin, path, template });
  }
  return commands;
}

async function readSmall(path: string): Promise<string | undefined> {
  try {
    // A link may lead to a secret, a pipe would hold us up.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const info = await file.stat();
      if (!info.isFile() || info.size > MAX_BYTES) return undefined;
      const text = await file.readFile("utf8");
      return text.includes("\0") || text.includes("\ufffd") ? undefined : text;
    } finally {
      await file.close();
    }
  } catch {
    // Gone, or not ours to read: there is no such command then.
    return undefined;
  }
}
