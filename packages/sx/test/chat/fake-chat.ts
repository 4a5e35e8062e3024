import { PassThrough } from "node:stream";
import { type Message, NO_USAGE, type Provider } from "@scorpiox/sxnet";
import { type Io, readConfiguration } from "@scorpiox/sxutil";
import { SLASH_COMMANDS } from "../../src/chat/slash-commands.js";
import type { ChatControl, ChatState, SlashCommand } from "../../src/chat/slash-command.js";
import { KnownSecrets } from "../../src/known-secrets.js";
import { createSession } from "../../src/sessions/open-session.js";
import type { Session } from "../../src/sessions/session.js";
import { sessionsFolder } from "../../src/sessions/session-folder.js";
import type { SxTool } from "../../src/tools/tool-context.js";
import { makePlace, type Place } from "../harness.js";

export interface FakeOptions {
  readonly place?: Place;
  readonly env?: Readonly<Record<string, string>>;
  readonly state?: Partial<ChatState>;
  readonly messages?: readonly Message[];
  /** What the person chooses, one for each list. */
  readonly picks?: readonly (string | undefined)[];
  readonly confirms?: readonly boolean[];
  /** In place of what is recorded only. */
  readonly control?: Partial<ChatControl>;
}

/** A chat that only writes down what is asked of it; files, sessions and configuration are real. */
export interface FakeChat {
  readonly chat: ChatControl;
  readonly place: Place;
  /** Name and arguments of every call that would change something, in order. */
  readonly calls: readonly (readonly unknown[])[];
  /** `level: text` */
  readonly notes: readonly string[];
  readonly printed: readonly string[];
  readonly questions: readonly string[];
  stdout(): string;
  run(command: SlashCommand, argument?: string): Promise<void>;
}

export async function fakeChat(options: FakeOptions = {}): Promise<FakeChat> {
  const place = options.place ?? (await makePlace());
  const calls: unknown[][] = [];
  const notes: string[] = [];
  const printed: string[] = [];
  const questions: string[] = [];
  const picks = [...(options.picks ?? [])];
  const confirms = [...(options.confirms ?? [])];
  const stdout = new PassThrough();
  const env = { PATH: process.env["PATH"], TERM: "xterm-256color", HOME: place.home, ...options.env };
  const io: Io = {
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    env,
    cwd: place.project,
    home: place.home,
    signal: new AbortController().signal,
  };
  const records =
    (name: string) =>
    (...given: readonly unknown[]) => {
      calls.push([name, ...given]);
      return Promise.resolve();
    };
  const configuration = readConfiguration({ env, cwd: place.project, home: place.home });
  const off = new Set<string>();
  const chat: ChatControl = {
    io,
    cwd: place.project,
    configuration,
    provider: {} as Provider,
    tools: [],
    commands: SLASH_COMMANDS,
    toolsOff: off,
    system: undefined,
    secrets: new KnownSecrets(configuration.secrets),
    session: undefined,
    messages: options.messages ?? [],
    state: {
      model: "sonnet",
      providerName: "codex",
      route: undefined,
      effort: undefined,
      approvalMode: "ask",
      branch: undefined,
      contextTokens: undefined,
      contextWindow: undefined,
      usage: NO_USAGE,
      costUsd: undefined,
      limits: undefined,
      profile: undefined,
      isBusy: false,
      ...options.state,
    },
    note: (text, level = "info") => void notes.push(`${level}: ${text}`),
    print: (markdown) => void printed.push(markdown),
    pick: (title, choices) => {
      questions.push(
        [title, ...choices.map(({ value, label, detail }) => [label ?? value, detail].join(" | "))].join("\n"),
      );
      return Promise.resolve(picks.shift());
    },
    confirm: (question) => {
      questions.push(question);
      return Promise.resolve(confirms.shift() ?? false);
    },
    lend: (work) => work(),
    fill: (text) => void calls.push(["fill", text]),
    send: (text) => void calls.push(["send", text]),
    setModel: records("setModel"),
    setProvider: records("setProvider"),
    setEffort: (level) => void calls.push(["setEffort", level]),
    setApprovalMode: (mode) => void calls.push(["setApprovalMode", mode]),
    reconfigure: records("reconfigure"),
    switchTool(name, isOn) {
      calls.push(["switchTool", name, isOn]);
      if (isOn) off.delete(name);
      else off.add(name);
    },
    setCwd: records("setCwd"),
    startOver: records("startOver"),
    resume: records("resume"),
    fork: records("fork"),
    rewind: records("rewind"),
    compact: records("compact"),
    uncompact: records("uncompact"),
    planUndo: () => Promise.resolve([]),
    undo: records("undo"),
    changedFiles: () => Promise.resolve([]),
    retry: records("retry"),
    leave: () => void calls.push(["leave"]),
  };
  // As they are: some are read anew each time.
  Object.defineProperties(chat, Object.getOwnPropertyDescriptors(options.control ?? {}));
  return {
    chat,
    place,
    calls,
    notes,
    printed,
    questions,
    stdout: () => String(stdout.read() ?? ""),
    run: (command, argument = "") => command.run(chat, argument),
  };
}

export const user = (text: string): Message => ({ role: "user", content: [{ type: "text", text }] });
export const answer = (text: string): Message => ({ role: "assistant", content: [{ type: "text", text }] });
export const result = (text: string): Message => ({
  role: "user",
  content: [{ type: "tool_result", toolUseId: "call-1", content: [{ type: "text", text }] }],
});

export function tool(name: string, access: SxTool["access"]): SxTool {
  return {
    name,
    access,
    description: `${name} does what it says`,
    inputSchema: { type: "object" },
    run: () => Promise.resolve(""),
    summary: () => name,
  };
}

/** A session of the place's project that is kept, with one prompt and one answer of each model. */
export async function keptSession(
  place: Place,
  {
    prompt,
    models,
    env = {},
  }: { readonly prompt: string; readonly models: readonly string[]; readonly env?: Readonly<Record<string, string>> },
): Promise<Session> {
  const folder = sessionsFolder({ ...env }, place.home);
  const session = createSession({ folder, cwd: place.project, now: Date.now, warn: () => undefined });
  session.begin({ provider: "codex", model: models[0] ?? "none", approvalMode: "ask", mask: (text) => text });
  await session.append({ kind: "user", content: [{ type: "text", text: prompt }] });
  for (const model of models) {
    await session.append({
      kind: "assistant",
      content: [{ type: "text", text: `an answer of ${model}` }],
      provider: model.startsWith("claude") ? "anthropic" : "codex",
      model,
      usage: { ...NO_USAGE, inputTokens: 1_000_000, outputTokens: 100_000 },
    });
  }
  return session;
}
