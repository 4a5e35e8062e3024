import { statSync } from "node:fs";
import { userInfo } from "node:os";

/**
 * Numeric user id that this process acts as. Undefined where there is none (Windows) or it cannot be learnt; checks
 * of ownership are then left out.
 */
export function currentUserId(): number | undefined {
  try {
    const { uid } = userInfo();
    return uid >= 0 ? uid : undefined;
  } catch {
    // A container may run under a number that no user list knows; the kernel still says whose process this is.
    try {
      return statSync("/proc/self").uid;
    } catch {
      return undefined;
    }
  }
}
