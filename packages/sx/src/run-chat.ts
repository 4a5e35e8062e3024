import type { Io } from "@scorpiox/sxutil";
import type { SxArgs } from "./args.js";

/** A conversation at a terminal: on the whole of its last rows, or line by line where the cursor cannot be moved. */
export async function runChat(args: Extract<SxArgs, { kind: "run" }>, io: Io): Promise<number> {
  return canMoveCursor(io)
    ? (await import("./chat/run-screen.js")).runScreen(args, io)
    : (await import("./chat/line-chat.js")).runLineChat(args, io);
}

/** Raw keys in, cursor moves out. What has no name in TERM, or is called dumb, can do neither. */
function canMoveCursor({ env, stdin }: Io): boolean {
  const terminal = env["TERM"] ?? "";
  return terminal !== "" && terminal !== "dumb" && stdin.setRawMode !== undefined;
}
