import { spawn } from "node:child_process";
import { mkdtemp, open, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExitCode, Failure, type Io, quoted } from "@scorpiox/sxutil";

/** More than this was not written by hand. */
const MAX_BYTES = 4_000_000;

/**
 * Lets the person write a text in $VISUAL or $EDITOR. The terminal must be theirs meanwhile. The file is only this
 * user's to read, and gone afterwards. @returns the text as it was left
 * @throws Failure when no editor is named, or it could not be started or failed: the text is then as it was
 */
export async function writeElsewhere(text: string, io: Pick<Io, "env" | "cwd">): Promise<string> {
  const name = io.env["VISUAL"] ? "VISUAL" : "EDITOR";
  const [program, ...args] = splitCommand(io.env[name] ?? "");
  if (program === undefined) throw failure("no editor is named; set VISUAL or EDITOR, for example EDITOR=nano");
  const folder = await mkdtemp(join(tmpdir(), "sx-edit-"));
  try {
    const path = join(folder, "prompt.md");
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    await runEditor(program, [...args, path], io);
    const { size } = await stat(path);
    if (size > MAX_BYTES)
      throw failure(`what ${quoted(program)} left is too large for a prompt; the text is as before`);
    return await readFile(path, "utf8");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runEditor(program: string, args: readonly string[], { env, cwd }: Pick<Io, "env" | "cwd">): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...env }, stdio: "inherit", shell: false });
    child.on("error", (error) =>
      reject(failure(`${quoted(program)} cannot be started (${error.message}); the text is as before`)),
    );
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(failure(`${quoted(program)} ended with ${signal ?? `exit code ${code}`}; the text is as before`));
    });
  });
}

/** Words with quotes and backslashes, and nothing else of a shell: no variables, no operators. */
export function splitCommand(line: string): readonly string[] {
  const words: string[] = [];
  const pattern = /(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/gs;
  for (const [word] of line.matchAll(pattern)) {
    words.push(
      word.replace(
        /\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/gs,
        (_all, plain?: string, double?: string, single?: string) =>
          plain ?? single ?? (double ?? "").replace(/\\(["\\])/g, "$1"),
      ),
    );
  }
  return words;
}

function failure(message: string): Failure {
  return new Failure("editor_failed", ExitCode.failure, message);
}
