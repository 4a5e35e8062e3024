import { statSync } from "node:fs";
import { resolve } from "node:path";
import { colorDecision, displayPath, ExitCode, type Io } from "@scorpiox/sxutil";
import type { SxArgs } from "../args.js";
import { describeFailure, Interrupted } from "../failure.js";
import type { CompletionSources } from "../ui/editor/completion.js";
import { createFileLister } from "../ui/editor/file-lister.js";
import { visibleText } from "../ui/visible-text.js";
import type { Chat } from "./chat.js";
import { Front } from "./front.js";
import { editorTheme } from "./editor-theme.js";

/**
 * A conversation on the last rows of the terminal. The prompt is drawn, and keys are taken, before anything of what a
 * conversation needs is loaded; Ctrl+C and Ctrl+D leave from the first moment.
 */
export async function runScreen(args: Extract<SxArgs, { kind: "run" }>, io: Io): Promise<number> {
  const color = colorDecision({ flag: args.options.color, env: io.env, isTTY: true });
  const cwd = resolve(io.cwd, args.options.cwd ?? ".");
  let chat: Chat | undefined;
  const files = createFileLister({ root: cwd });
  const completion: Pick<CompletionSources, "commands" | "files"> = {
    commands: () => chat?.slash.choices() ?? [],
    files: (signal) => (chat === undefined ? files(signal) : createFileLister({ root: chat.engine.cwd })(signal)),
  };
  const firstRow = firstRowOf(displayPath(cwd, io.home));
  const isImage = (path: string): boolean => isFile(path, chat?.engine.cwd ?? cwd, io.home);
  const front = new Front({ io, theme: editorTheme(color), firstRow, completion, isImage });
  const leftEarly = new Promise<number>((leave) => front.attachEarly(earlyOwner(front, leave)));
  const ended = endOf(io, front);
  let code: number = ExitCode.ok;
  let goodbye: string | undefined;
  try {
    front.begin();
    const opening = nextTurn()
      .then(() => import("./chat.js"))
      .then((module) => module.Chat.open({ args, io, front, color }));
    opening.catch(() => undefined);
    const first = await Promise.race([opening, leftEarly, ended]);
    if (typeof first === "number") {
      code = first;
      // What is half open is closed by whoever finishes opening it.
      chat = await opening.catch(() => undefined);
    } else {
      chat = first;
      // A slash that was typed before there were commands.
      front.editor.completeAgain();
      front.changed();
      code = await Promise.race([chat.left, ended]);
    }
  } finally {
    // The last words of a turn are drawn before the rows go.
    await chat?.stop(io.signal.aborted ? io.signal.reason : new Interrupted());
    goodbye = goodbyeOf(chat);
    front.end();
    await chat?.close();
  }
  if (goodbye !== undefined) io.stdout.write(`${goodbye}\n`);
  return code;
}

/** Before the first paint nothing is done that a plain path can do without: one look at Unicode takes milliseconds. */
function firstRowOf(path: string): string {
  const shown = /^[\u0020-\u007e]*$/.test(path) ? path : visibleText(path).replaceAll("\n", " ");
  return `sx ${shown}`;
}

/** Lets the terminal have what was drawn before anything is loaded. */
function nextTurn(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}

/** The exit code when the process is asked to end, or the terminal has gone. */
async function endOf(io: Io, front: Front): Promise<number> {
  const aborted = new Promise<number>((done) => {
    const end = (): void => done(describeFailure(io.signal.reason, Date.now()).exitCode);
    if (io.signal.aborted) end();
    else io.signal.addEventListener("abort", end, { once: true });
  });
  return Promise.race([aborted, front.closed.then(() => ExitCode.ok)]);
}

/** Keys before there is a conversation: what can be done is, the rest waits for it. */
function earlyOwner(front: Front, leave: (code: number) => void): Parameters<Front["attachEarly"]>[0] {
  return {
    takeKey: () => false,
    handle(event) {
      if (event.type === "leave") leave(ExitCode.ok);
      else if (event.type === "redraw") front.redraw();
      else if (event.type === "suspend") void front.suspend();
      else front.keep(event);
    },
  };
}

function isFile(path: string, cwd: string, home: string): boolean {
  try {
    return statSync(path.startsWith("~/") ? resolve(home, path.slice(2)) : resolve(cwd, path)).isFile();
  } catch {
    // Nothing there: what was pasted is text.
    return false;
  }
}

/** How to go on, when there is something to go on with. */
function goodbyeOf(chat: Chat | undefined): string | undefined {
  const session = chat?.engine.session;
  if (session?.isKept !== true || chat?.engine.messages.length === 0) return undefined;
  return `go on with: sx -r ${session.id.slice(0, 8)}`;
}
