import { type BigIntStats, readdirSync, realpathSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve, sep } from "node:path";

/** Files and folders below the home folder that hold other programs' credentials. A folder covers all below it. */
const IN_HOME: readonly string[] = [
  ".ssh",
  ".aws",
  ".azure",
  ".gnupg",
  ".kube",
  ".password-store",
  ".mozilla",
  ".netrc",
  "_netrc",
  ".git-credentials",
  ".npmrc",
  ".pypirc",
  ".vault-token",
  ".pgpass",
  ".my.cnf",
  ".docker/config.json",
  ".cargo/credentials",
  ".cargo/credentials.toml",
  ".terraform.d/credentials.tfrc.json",
  ".config/gcloud",
  ".config/gh/hosts.yml",
  ".config/git/credentials",
  ".config/op",
  ".config/google-chrome",
  ".config/chromium",
  ".config/BraveSoftware",
  ".local/share/keyrings",
  ".codex/auth.json",
  ".claude/.credentials.json",
  ".claude/scorpiox-env.txt",
  ".claude/scorpiox-env",
  ".gemini/oauth_creds.json",
];

const SYSTEM: readonly string[] = ["/etc/shadow", "/etc/gshadow"];

/** Most files of one folder that are compared with a file of several names. */
const MAX_FILES = 200;

/** The credential places of one machine and user; knows paths and inode numbers, reads no content. */
export class CredentialPaths {
  /** As written and as resolved: dotfile folders are often links. */
  readonly #places: readonly string[];
  /** The same in lower case: a refusal must not hang on the spelling where the disk ignores it. */
  readonly #folded: readonly string[];

  /** Both home folders count, `home` and the one in the list of users; `further` are absolute files and folders. */
  constructor(home: string, further: readonly string[]) {
    const homes = new Set([home, listedHome()].filter((folder) => folder !== undefined));
    const inHome = [...homes].flatMap((folder) => IN_HOME.map((name) => join(folder, name)));
    const places = [...SYSTEM, ...inHome, ...further.map((path) => resolve(path))];
    this.#places = [...new Set(places.flatMap((place) => [place, resolved(place)]))];
    this.#folded = this.#places.map(fold);
  }

  /** Whether `path` (absolute) is or lies in a credential place. Letter case does not count. */
  holds(path: string): boolean {
    const folded = fold(path);
    if (this.#folded.some((place) => folded === place || folded.startsWith(`${place}${sep}`))) return true;
    // Another process's environment and memory; `/proc/self` has become a number when the path was resolved.
    return /^\/proc\/(\d+|self|thread-self)(\/|$)/.test(folded);
  }

  /** Whether anything at or below `folder` could be a credential place; else a walk need not ask for each file. */
  touches(folder: string): boolean {
    const prefix = folder === sep ? sep : `${fold(folder)}${sep}`;
    if ("/proc/1".startsWith(prefix)) return true;
    return this.#folded.some((place) => place.startsWith(prefix)) || this.holds(folder);
  }

  /**
   * Answers whether an open file is one of the credential files under another name. The answers hold for the time of
   * one look: the credential files are listed with the first question that needs them.
   */
  fileJudge(): (opened: BigIntStats) => boolean {
    let known: ReadonlySet<string> | undefined;
    return (opened) => {
      if (opened.nlink < 2n) return false;
      known ??= new Set(this.#places.flatMap(filesAt).map(identity));
      return known.has(identity(opened));
    };
  }
}

function identity({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** The file itself, or the files directly in the folder: keys lie there, and a deeper search would not be bounded. */
function filesAt(place: string): BigIntStats[] {
  try {
    const here = statSync(place, { bigint: true });
    if (!here.isDirectory()) return [here];
    const names = readdirSync(place).slice(0, MAX_FILES);
    return names.flatMap((name) => statSync(join(place, name), { bigint: true, throwIfNoEntry: false }) ?? []);
  } catch {
    // A place that is absent or closed to us holds nothing that we could have opened.
    return [];
  }
}

/** HOME may say anything; the keys of the user are where the system put them. */
function listedHome(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    // A container may run under a number that no user list knows.
    return undefined;
  }
}

function resolved(place: string): string {
  try {
    return realpathSync(place);
  } catch {
    // Absent: there is only the one spelling.
    return place;
  }
}

function fold(path: string): string {
  return path.toLowerCase();
}
