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
