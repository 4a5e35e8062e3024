import { nearestNames } from "@scorpiox/sxutil";
import type { SlashCommand } from "./slash-command.js";

/** What is known of a command before it is loaded. */
export type SlashCommandRow = Pick<SlashCommand, "name" | "summary" | "argument" | "aliases" | "changesState"> & {
  load(): Promise<SlashCommand>;
};

/** Every slash command, in the order in which help lists them. */
export const SLASH_COMMANDS: readonly SlashCommandRow[] = [
  {
    name: "help",
    summary: "keys and commands",
    aliases: ["?"],
    changesState: false,
    load: async () => (await import("./commands/command-help.js")).help,
  },
  {
    name: "model",
    summary: "choose the model",
    argument: "[model]",
    changesState: true,
    load: async () => (await import("./commands/command-model.js")).model,
  },
  {
    name: "provider",
    summary: "choose who answers",
    argument: "[name [model]]",
    changesState: true,
    load: async () => (await import("./commands/command-provider.js")).provider,
  },
  {
    name: "effort",
    summary: "how hard the model thinks",
    argument: "[level]",
    changesState: true,
    load: async () => (await import("./commands/command-effort.js")).effort,
  },
  {
    name: "approvals",
    summary: "what runs without a question",
    argument: "[ask|edits|plan|all]",
    changesState: false,
    load: async () => (await import("./commands/command-approvals.js")).approvals,
  },
  {
    name: "image",
    summary: "put an image into the prompt",
    argument: "<path>",
    changesState: false,
    load: async () => (await import("./commands/command-image.js")).image,
  },
  {
    name: "models",
    summary: "list the models of every provider",
    argument: "[word]",
    changesState: false,
    load: async () => (await import("./commands/command-models.js")).models,
  },
  {
    name: "use",
    summary: "a profile, for this session only",
    argument: "[profile|off]",
    changesState: true,
    load: async () => (await import("./commands/command-use.js")).use,
  },
  {
    name: "profile",
    summary: "a profile, from now on",
    argument: "[profile|off]",
    changesState: true,
    load: async () => (await import("./commands/command-profile.js")).profile,
  },
  {
    name: "tools",
    summary: "switch tools on and off",
    argument: "[name on|off]",
    changesState: true,
    load: async () => (await import("./commands/command-tools.js")).tools,
  },
  {
    name: "config",
    summary: "look at settings, or change one",
    argument: "[KEY [VALUE]]",
    changesState: true,
    load: async () => (await import("./commands/command-config.js")).config,
  },
  {
    name: "cd",
    summary: "work in another folder",
    argument: "<path>",
    changesState: true,
    load: async () => (await import("./commands/command-cd.js")).cd,
  },
  {
    name: "context",
    summary: "what fills the model's window",
    changesState: false,
    load: async () => (await import("./commands/command-context.js")).context,
  },
  {
    name: "compact",
    summary: "sum up the older conversation",
    argument: "[what matters|undo]",
    changesState: true,
    load: async () => (await import("./commands/command-compact.js")).compact,
  },
  {
    name: "cost",
    summary: "tokens and price of this session",
    changesState: false,
    load: async () => (await import("./commands/command-cost.js")).cost,
  },
  {
    name: "limits",
    summary: "how much of each plan is used",
    changesState: false,
    load: async () => (await import("./commands/command-limits.js")).limits,
  },
  {
    name: "diff",
    summary: "what this session changed on disk",
    argument: "[path]",
    changesState: false,
    load: async () => (await import("./commands/command-diff.js")).diff,
  },
  {
    name: "undo",
    summary: "take back the last turn's file changes",
    argument: "[redo]",
    changesState: true,
    load: async () => (await import("./commands/command-undo.js")).undo,
  },
  {
    name: "rewind",
    summary: "go back to an earlier prompt",
    changesState: true,
    load: async () => (await import("./commands/command-rewind.js")).rewind,
  },
  {
    name: "retry",
    summary: "ask the last prompt again",
    changesState: true,
    load: async () => (await import("./commands/command-retry.js")).retry,
  },
  {
    name: "resume",
    summary: "go on with another session",
    argument: "[id]",
    changesState: true,
    load: async () => (await import("./commands/command-resume.js")).resume,
  },
  {
    name: "fork",
    summary: "go on in a copy of this session",
    changesState: true,
    load: async () => (await import("./commands/command-fork.js")).fork,
  },
  {
    name: "export",
    summary: "write this session to a file",
    argument: "[markdown|html] [path]",
    changesState: false,
    load: async () => (await import("./commands/command-export.js")).exportSession,
  },
  {
    name: "copy",
    summary: "copy the last answer, or its n-th code block",
    argument: "[n]",
    changesState: false,
    load: async () => (await import("./commands/command-copy.js")).copy,
  },
  {
    name: "doctor",
    summary: "check settings, logins and the terminal",
    changesState: false,
    load: async () => (await import("./commands/command-doctor.js")).doctor,
  },
  {
    name: "clear",
    summary: "begin an empty conversation",
    aliases: ["new"],
    changesState: true,
    load: async () => (await import("./commands/command-clear.js")).clear,
  },
  {
    name: "exit",
    summary: "leave",
    aliases: ["quit"],
    changesState: false,
    load: async () => (await import("./commands/command-exit.js")).exit,
  },
];

/** The command of a name or an alias; `undefined` when there is none. */
export function findSlashCommand(name: string): SlashCommandRow | undefined {
  const wanted = name.toLowerCase();
  return SLASH_COMMANDS.find((row) => row.name === wanted || row.aliases?.includes(wanted) === true);
}

/** Names that somebody may have meant, with their slash. */
export function nearSlashCommands(name: string, others: readonly string[]): readonly string[] {
  const names = [...SLASH_COMMANDS.map((row) => row.name), ...others];
  return nearestNames(name.toLowerCase(), names).map((near) => `/${near}`);
}
