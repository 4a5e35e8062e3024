import { join } from "node:path";
import type { Refresher } from "@scorpiox/sxnet/credentials";
import type { Io } from "@scorpiox/sxutil";

/** The program that exchanges a refresh token: `refresher.cjs`, which is built beside `main.cjs`. */
export function refresherProgram({ execPath }: Io): Refresher | undefined {
  return execPath === undefined ? undefined : { command: execPath, args: [join(__dirname, "refresher.cjs")] };
}
