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
 * Why a tool may not write to `path`, which is relative to the workspace, or `undefined` when it may. Letter case does
 * not count: on some disks `.GIT` is `.git`.
 */
export function protectedReason(path: string): string | undefined {
  for (const name of path.split(sep)) {
    // Windows and some network disks drop trailing dots and spaces: `.git.` is `.git` there.
    const reason = PROTECTED_NAMES[name.toLowerCase().replace(/[. ]+$/, "")];
    if (reason !== undefined) return reason;
  }
  return undefined;
}
