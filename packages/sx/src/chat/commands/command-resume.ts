import { durationWords } from "../../duration-words.js";
import { shortId } from "../../sessions/find-session.js";
import type { SessionSummary } from "../../sessions/list-sessions.js";
import type { ChatControl, Choice, SlashCommand } from "../slash-command.js";

export const resume: SlashCommand = {
  name: "resume",
  summary: "go on with another session",
  argument: "[id]",
  changesState: true,
  complete: async (chat) => (await others(chat)).map((choice) => ({ ...choice, value: shortId(choice.value) })),
  run: async (chat, argument) => {
    let id: string | undefined = argument;
    if (argument === "") {
      const choices = await others(chat);
      if (choices.length === 0) {
        chat.note("there is no other session of this folder; /resume ID takes one of any folder");
        return;
      }
      id = await chat.pick("Resume", choices);
    }
    if (id === undefined) return;
    if (chat.session !== undefined && chat.session.id.startsWith(id.trim().toLowerCase())) {
      chat.note("that is the session you are in");
      return;
    }
    await chat.resume(id);
  },
};

/** The sessions of this folder but the one that is open, the last used first. */
async function others({ cwd, io, session }: ChatControl): Promise<readonly Choice[]> {
  const [{ listSessions }, { sessionsFolder }] = await Promise.all([
    import("../../sessions/list-sessions.js"),
    import("../../sessions/session-folder.js"),
  ]);
  const nowMs = Date.now();
  const sessions = await listSessions(sessionsFolder(io.env, io.home), cwd);
  return sessions.filter(({ id }) => id !== session?.id).map((summary) => choiceOf(summary, nowMs));
}

function choiceOf(summary: SessionSummary, nowMs: number): Choice {
  const { id, title, writtenAtMs, messages, bytes, lastPrompt } = summary;
  const age = Math.max(0, Math.floor((nowMs - writtenAtMs) / 1000));
  const facts = [
    `${durationWords(age)} ago`,
    ...(messages === undefined ? [] : [`${messages} messages`]),
    `${Math.max(1, Math.round(bytes / 1000))} KB`,
    // What the title says need not be said twice.
    ...(lastPrompt === undefined || lastPrompt === title ? [] : [lastPrompt]),
  ];
  return { value: id, label: title === "" ? `(no title) ${shortId(id)}` : title, detail: facts.join(" · ") };
}
