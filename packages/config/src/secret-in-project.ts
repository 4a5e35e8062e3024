import { displayPath, type Io, UsageError } from "@scorpiox/sxutil";
import { askYes, canAsk } from "./ask-yes.js";
import { ignoreInGit, isIgnoredByGit, repositoryOf } from "./git-ignore.js";

/**
 * Makes sure that git would not commit the file that a secret is about to be written to. With `ignore`, or a yes to the
 * question, the file is put into `.gitignore`.
 * @throws UsageError when it would be committed still
 */
export async function keepOutOfGit(name: string, path: string, ignore: boolean, io: Io): Promise<void> {
  const repository = repositoryOf(path);
  if (repository === undefined || (await isIgnoredByGit(path, repository, io))) return;
  const shown = displayPath(path, io.home);
  const elsewhere = "use --tier user or --profile NAME";
  const wanted =
    ignore || (canAsk(io) && (await askYes(`git would commit ${shown}. Put it into .gitignore first?`, io)));
  if (!wanted) {
    throw new UsageError(
      `${name} is a secret, and git would commit ${shown}; ${elsewhere}, or --ignore to put the file into .gitignore`,
    );
  }
  const line = await ignoreInGit(path, repository, io);
  if (await isIgnoredByGit(path, repository, io)) {
    io.stderr.write(`${line} is in .gitignore now\n`);
    return;
  }
  throw new UsageError(
    `${name} is a secret, and git would commit ${shown} although .gitignore names it: it is tracked already, or git cannot be asked; ${elsewhere}`,
  );
}
