import { lstat } from "node:fs/promises";
import { basename } from "node:path";
import { displayPath, ExitCode, Failure, quoted, writeFileAtomic } from "@scorpiox/sxutil";
import type { ExportFormat } from "../../args.js";
import { absolutePath, isInside } from "../../files/workspace-path.js";
import type { Entry, EntryBody } from "../../sessions/entry.js";
import { shortId } from "../../sessions/find-session.js";
import type { ChatControl, SlashCommand } from "../slash-command.js";

export const exportSession: SlashCommand = {
  name: "export",
  summary: "write this session to a file",
  argument: "[markdown|html] [path]",
  changesState: false,
  complete: () => Promise.resolve([{ value: "markdown" }, { value: "html", detail: "one page without scripts" }]),
  run: async (chat, argument) => {
    if (chat.messages.length === 0) {
      chat.note("there is nothing to write yet");
      return;
    }
    const { format, path } = placeOf(chat, argument);
    const isThere = (await lstat(path).catch(() => undefined)) !== undefined;
    const shown = displayPath(path, chat.io.home);
    if (isThere && !(await chat.confirm(`${shown} exists. Overwrite it?`))) {
      chat.note("nothing was written");
      return;
    }
    const { buildView } = await import("../../sessions/session-view.js");
    const view = buildView(chat.session?.id ?? "not kept", await entriesOf(chat));
    const text =
      format === "html"
        ? await (await import("../../sessions/export-html.js")).exportHtml(view)
        : (await import("../../sessions/export-markdown.js")).exportMarkdown(view);
    await write(path, chat.secrets.redact(text), isThere);
    chat.note(`written to ${shown}`, "success");
  },
};

/** A conversation may hold anything: the file is for its owner, until that one gives it away. */
async function write(path: string, text: string, isThere: boolean): Promise<void> {
  try {
    if (isThere) await writeFileAtomic(path, text, { mode: 0o600, keepMode: true });
    else {
      const { writeFile } = await import("node:fs/promises");
      // Whoever has made the file meanwhile was not asked about.
      await writeFile(path, text, { flag: "wx", mode: 0o600 });
    }
  } catch (cause) {
    const why = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new Failure("write_failed", ExitCode.failure, `${quoted(path)} cannot be written (${why})`, { cause });
  }
}

function placeOf(chat: ChatControl, argument: string): { readonly format: ExportFormat; readonly path: string } {
  const [, word, rest = ""] = /^(markdown|html)(?:\s+([^]*))?$/.exec(argument) ?? [undefined, undefined, argument];
  const given = rest.trim();
  const format: ExportFormat = word === "html" || (word === undefined && /\.html?$/i.test(given)) ? "html" : "markdown";
  const name = `sx-${shortId(chat.session?.id ?? "session")}.${format === "html" ? "html" : "md"}`;
  const path = absolutePath(chat.cwd, chat.io.home, given === "" ? name : given);
  const isSpelledOut = given.startsWith("/") || given.startsWith("~/");
  if (!isSpelledOut && !isInside(chat.cwd, path)) {
    const message = `${quoted(given)} leads out of ${quoted(basename(chat.cwd))}; give an absolute path for that`;
    throw new Failure("bad_input", ExitCode.badInput, message);
  }
  return { format, path };
}

/** From the file where there is one: it knows times and diffs. */
async function entriesOf({ session, io, messages, state }: ChatControl): Promise<readonly Entry[]> {
  if (session?.isKept === true) {
    const { readOwnEntries } = await import("../session-entries.js");
    const entries = await readOwnEntries(session, io);
    if (entries.length > 0) return entries;
  }
  const { providerName: provider, model } = state;
  const bodies = messages.flatMap((message): EntryBody[] => {
    if (message.role === "assistant") return [{ kind: "assistant", content: message.content, provider, model }];
    const said = message.content.filter(({ type }) => type !== "tool_result");
    const results = message.content.filter((block) => block.type === "tool_result");
    return [
      ...results.map((result, call) => ({
        kind: "tool_result" as const,
        call,
        result,
        outcome: { status: result.isError === true ? ("error" as const) : ("ok" as const) },
      })),
      ...(said.length === 0 ? [] : [{ kind: "user" as const, content: said }]),
    ];
  });
  const timeMs = Date.now();
  return bodies.map((body, n) => ({ ...body, n, timeMs }));
}
