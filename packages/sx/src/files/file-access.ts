import type { BigIntStats } from "node:fs";
import { relative } from "node:path";
import { CredentialPaths } from "./credential-paths.js";
import { FileFailure } from "./file-failure.js";
import { isInGitFolder } from "./git-folder.js";
import type { FileTarget } from "./file-target.js";
import { protectedReason } from "./protected-paths.js";
import type { ToolContext } from "../tools/tool-context.js";
import type { UndoStore } from "../undo/undo-store.js";
import { absolutePath, displayPath, isInside, realTarget } from "./workspace-path.js";

/**
 * What the file tools of one run may touch. Reading is allowed anywhere but in credential places; writing only inside
 * the workspace and never on protected names. Judged by the spelled path and by the resolved one.
 */
export class FileAccess {
  readonly workspace: string;
  readonly #context: ToolContext;
  #credentials: CredentialPaths | undefined;

  constructor(context: ToolContext) {
    this.workspace = context.workspace;
    this.#context = context;
  }

  /** Keeps what is written, to take it back. */
  get undo(): UndoStore | undefined {
    return this.#context.undo;
  }

  /** @throws FileFailure `bad_path`, `unreadable` or `credential_path`. */
  async forReading(given: string): Promise<FileTarget> {
    const { real, shown, spelled } = await this.#resolve(given);
    this.#refuseCredentials(spelled, real, shown);
    return { real, shown };
  }

  /** @throws FileFailure as `forReading`, and `outside_workspace` or `protected_path`. */
  async forWriting(given: string): Promise<FileTarget> {
    const { real, shown, spelled } = await this.#resolve(given);
    if (!isInside(this.workspace, real)) {
      const where = isInside(this.workspace, spelled) ? ` leads to ${real}, which` : "";
      throw new FileFailure(
        "outside_workspace",
        `${shown}${where} is outside the workspace ${this.workspace}; files are only written inside it`,
      );
    }
    if (real === this.workspace) throw new FileFailure("not_a_file", "the path is the workspace folder itself");
    this.#refuseCredentials(spelled, real, shown);
    const reason =
      [real, spelled]
        .filter((path) => isInside(this.workspace, path))
        .map((path) => protectedReason(relative(this.workspace, path)))
        .find((found) => found !== undefined) ??
      (isInGitFolder(this.workspace, real) ? "it is in a folder that git takes for a repository's own" : undefined);
    if (reason !== undefined) {
      throw new FileFailure("protected_path", `${shown} is protected: ${reason}; ask the user to change it`);
    }
    return { real, shown };
  }

  /**
   * Refuses an open file that is a credential file under a second name. For `ReadBounds.judge`; to be asked for anew
   * with every call of a tool.
   */
  judge(target: FileTarget): (stats: BigIntStats) => void {
    const isCredential = this.#places().fileJudge();
    return (stats) => {
      if (isCredential(stats)) throw credentialFailure(target.shown);
    };
  }

  /** What a walk of `folder` must leave out, or `undefined` when no credential place can be below it. */
  hidden(folder: string): ((path: string) => boolean) | undefined {
    const places = this.#places();
    return places.touches(folder) ? (path) => places.holds(path) : undefined;
  }

  show(path: string): string {
    return displayPath(this.workspace, path);
  }

  async #resolve(given: string): Promise<{ real: string; shown: string; spelled: string }> {
    const spelled = absolutePath(this.workspace, this.#context.home, given);
    return { real: await realTarget(spelled), shown: this.show(spelled), spelled };
  }

  #refuseCredentials(spelled: string, real: string, shown: string): void {
    const places = this.#places();
    if (places.holds(spelled) || places.holds(real)) throw credentialFailure(shown);
  }

  #places(): CredentialPaths {
    this.#credentials ??= new CredentialPaths(this.#context.home, this.#context.credentialPaths);
    return this.#credentials;
  }
}

/** One for each context, because it looks up where the credential places really are. */
const ACCESS = new WeakMap<ToolContext, FileAccess>();

/** The rules of a run; the same object for the same context. */
export function fileAccess(context: ToolContext): FileAccess {
  const known = ACCESS.get(context);
  if (known !== undefined) return known;
  const made = new FileAccess(context);
  ACCESS.set(context, made);
  return made;
}

function credentialFailure(shown: string): FileFailure {
  return new FileFailure("credential_path", `${shown} is a place of credentials; sx does not open it`);
}
