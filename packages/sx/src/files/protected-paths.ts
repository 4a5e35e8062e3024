import { sep } from "node:path";

const OUR_SETTINGS = "it holds sx's own settings";
const REPOSITORY = "it is the repository's own machinery";
const EDITOR = "editors and other agents run what it says";
const SHELL = "shells run it at start";
const CREDENTIALS = "it holds credentials";

/**
 * Names, in lower case, that no tool may create or change below the workspace, wherever they stand in a path: what
 * they hold is run, or decides what may be run, without anybody being asked again. True also while they are absent,
 * because creating one is the attack.
 */
const PROTECTED_NAMES: Readonly<Record<string, string>> = {
  ".git": REPOSITORY,
  ".gitconfig": REPOSITORY,
  ".hg": REPOSITORY,
  ".svn": REPOSITORY,
  ".jj": REPOSITORY,
  "scorpiox-env.txt": OUR_SETTINGS,
  "scorpiox-env": OUR_SETTINGS,
  ".scorpiox": OUR_SETTINGS,
  ".claude": OUR_SETTINGS,
  ".codex": EDITOR,
  ".cursor": EDITOR,
  ".gemini": EDITOR,
  ".vscode": EDITOR,
  ".idea": EDITOR,
  ".mcp.json": EDITOR,
  ".envrc": SHELL,
  ".profile": SHELL,
  ".bashrc": SHELL,
  ".bash_profile": SHELL,
  ".bash_login": SHELL,
  ".bash_logout": SHELL,
  ".bash_aliases": SHELL,
  ".zshrc": SHELL,
  ".zshenv": SHELL,
  ".zprofile": SHELL,
  ".zlogin": SHELL,
  ".zlogout": SHELL,
  ".kshrc": SHELL,
  ".cshrc": SHELL,
  ".tcshrc": SHELL,
  ".login": SHELL,
  ".inputrc": SHELL,
  "config.fish": SHELL,
  ".ssh": CREDENTIALS,
  ".gnupg": CREDENTIALS,
  ".netrc": CREDENTIALS,
  ".git-credentials": CREDENTIALS,
};

/**
 * Why a tool may not write to `path`, which is relative to the workspace, or `undefined` when it may. What some disks
 * take for the same name counts as the same.
 */
export function protectedReason(path: string): string | undefined {
  for (const name of path.split(sep)) {
    const plain = foldName(name);
    if (Object.hasOwn(PROTECTED_NAMES, plain)) return PROTECTED_NAMES[plain];
    // The short name that Windows disks give to `.git`, also when they are mounted elsewhere.
    if (/^git~[0-9]+$/.test(plain)) return REPOSITORY;
  }
  return undefined;
}

/**
 * One spelling for all that some disk takes for one name: letter case and compatible letters; characters without a
 * width, which HFS+ drops; trailing dots and spaces, and what follows a colon, which Windows disks drop.
 */
function foldName(name: string): string {
  return name
    .normalize("NFKC")
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, "")
    .replace(/:.*$/s, "")
    .replace(/[. ]+$/, "")
    .toLowerCase();
}
