import { unlink } from "node:fs/promises";
import { ExitCode, Failure, withFileLock } from "@scorpiox/sxutil";

/** A process that was ended a moment ago may still be letting go. */
const WAIT_MS = 200;

/**
 * Keeps every other process off a session file until the returned function is called or this process dies. The folder
 * must exist, the file need not.
 * @throws Failure `session_busy` (exit code 61), with what can be done; `lock_failed`
 */
export async function holdSession(path: string, shortId: string): Promise<() => Promise<void>> {
  let letGo: () => void = () => undefined;
  const kept = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  return new Promise((resolve, reject) => {
    const done = withFileLock(path, { waitMs: WAIT_MS, what: `session ${shortId}` }, async () => {
      resolve(async () => {
        letGo();
        await done;
      });
      await kept;
      // Under the lock: whoever waits for this very file sees that it is gone, and makes the next one.
      await unlink(`${path}.lock`).catch(() => undefined);
    });
    done.catch((error: unknown) =>
      reject(error instanceof Failure && error.code === "lock_busy" ? busy(error) : error),
    );
  });
}

function busy(cause: Failure): Failure {
  const who = cause.message.replace(/; try again.*$/, "");
  const next = "wait until that has ended, or go on in a copy with --fork";
  return new Failure("session_busy", ExitCode.lockBusy, `${who}; ${next}`, { cause });
}
