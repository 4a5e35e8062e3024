import { ExitCode, Failure, type Io } from "@scorpiox/sxutil";
import { describeCompaction } from "../compaction/describe-compaction.js";
import type { ApprovalMode } from "../args.js";
import type { ChatView } from "../ui/chat/chat-view.js";
import { ChatUndo } from "./chat-undo.js";
import type { Engine } from "./engine.js";
import type { Front } from "./front.js";
import { promptText } from "./prompt-content.js";
import type { ChatControl, NoteLevel } from "./slash-command.js";
import { SLASH_COMMANDS } from "./slash-commands.js";
import type { SlashRunner } from "./slash-runner.js";
import type { Turns } from "./turns.js";

/** The parts of a chat that commands reach. */
interface ChatParts {
  readonly engine: Engine;
  readonly view: ChatView;
  readonly front: Front;
  readonly turns: Turns;
  readonly slash: SlashRunner;
  note(text: string, level?: NoteLevel): void;
  /** Something that the status shows may be different now. */
  changed(): void;
  /** Shows the conversation of a resumed session again. */
  showPast(): void;
  say(text: string): void;
  setMode(mode: ApprovalMode): void;
  leave(): void;
}

/** What slash commands see and do of a chat. */
export function createChatControl(chat: ChatParts, io: Io): ChatControl {
  const entered = (): void => {
    chat.view.setSurroundings({ tools: chat.engine.opened.tools, cwd: chat.engine.cwd });
    chat.changed();
  };
  const confirm = async (question: string): Promise<boolean> => {
    const answer = await chat.front.ask({ kind: "confirm", question });
    return answer?.kind === "confirm" && answer.yes;
  };
  const undo = new ChatUndo(
    () => ({ store: chat.engine.agent.undo, sessionFile: chat.engine.session?.path }),
    (line) => chat.note(line, "warning"),
  );
  return {
    io,
    commands: SLASH_COMMANDS,
    get cwd() {
      return chat.engine.cwd;
    },
    get configuration() {
      return chat.engine.configuration;
    },
    get provider() {
      return chat.engine.provider;
    },
    get tools() {
      return chat.engine.opened.tools;
    },
    get toolsOff() {
      return chat.engine.toolsOff;
    },
    get system() {
      return chat.engine.opened.request.system;
    },
    get secrets() {
      return chat.engine.opened.secrets;
    },
    get session() {
      return chat.engine.session;
    },
    get messages() {
      return chat.engine.messages;
    },
    get state() {
      return chat.engine.state(chat.turns.isBusy);
    },
    note: (text, level = "info") => chat.note(text, level),
    print(markdown) {
      chat.view.print(markdown);
      chat.changed();
    },
    async pick(title, choices, { current } = {}) {
      const answer = await chat.front.ask({ kind: "pick", title, choices, current });
      return answer?.kind === "pick" ? answer.value : undefined;
    },
    confirm,
    lend: (work) => chat.front.lend(work),
    fill(text) {
      chat.front.editor.insertText(text);
      chat.changed();
    },
    send: (text) => chat.say(text),
    async setModel(model) {
      await chat.engine.setProvider(undefined, model);
      entered();
    },
    async setProvider(name, model) {
      await chat.engine.setProvider(name, model);
      entered();
    },
    setEffort(effort) {
      chat.engine.setEffort(effort);
      chat.changed();
    },
    setApprovalMode: (mode) => chat.setMode(mode),
    async reconfigure({ profile }) {
      await chat.engine.reconfigure(profile);
      entered();
    },
    switchTool: (name, isOn) => chat.engine.switchTool(name, isOn),
    async setCwd(path) {
      const jobs = chat.engine.opened.jobs.list().length;
      const what = `${jobs} background ${jobs === 1 ? "job" : "jobs"} of this folder`;
      if (jobs > 0 && !(await confirm(`${what} would end. Go on?`))) {
        throw new Failure("cancelled", ExitCode.failure, `the chat stays where it is: ${what} would end`);
      }
      await chat.engine.setCwd(path);
      await chat.slash.load(chat.engine.cwd, io.home);
      entered();
    },
    async startOver() {
      await chat.engine.startOver();
      entered();
    },
    async resume(sessionId) {
      await chat.engine.resume(sessionId);
      chat.showPast();
      entered();
    },
    async fork() {
      await chat.engine.fork();
      entered();
    },
    async rewind(messageIndex) {
      await chat.engine.rewind(messageIndex);
      chat.changed();
    },
    compact: (focus) =>
      chat.turns.work(async (signal) => {
        const report = await chat.engine.compact(focus, signal);
        if (report === undefined) chat.note("nothing of this conversation can become shorter");
        else chat.note(describeCompaction(report), report.problem === undefined ? "success" : "warning");
      }),
    async uncompact() {
      await chat.engine.uncompact();
      chat.changed();
    },
    planUndo(of) {
      if (of === undefined) return undo.plan({ kind: "last" });
      if ("redo" in of) return undo.plan({ kind: "redo" });
      return undo.plan({ kind: "since", n: chat.engine.entryOfPrompt(of.sinceMessage) });
    },
    undo: (steps) => undo.apply(steps),
    changedFiles: () => undo.changedFiles(),
    async retry() {
      const last = chat.engine.lastPrompt;
      if (last === undefined) throw new Failure("nothing_asked", ExitCode.badInput, "nothing was asked yet");
      await chat.engine.rewind(last.index);
      const text = promptText(last.content);
      chat.turns.say({ text, shown: text, when: "steer", content: Promise.resolve(last.content) });
    },
    leave: () => chat.leave(),
  };
}
