import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { displayPath, ExitCode, Failure, quoted } from "@scorpiox/sxutil";
import { absolutePath } from "../../files/workspace-path.js";
import type { SlashCommand } from "../slash-command.js";

const MAX_CHOICES = 50;

export const cd: SlashCommand = {
  name: "cd",
  summary: "work in another folder",
  argument: "<path>",
  changesState: true,
  complete: async ({ cwd, io }, typed) => {
    const { readdir } = await import("node:fs/promises");
    const stem = typed.slice(0, typed.lastIndexOf("/") + 1);
    const folder = stem === "" ? cwd : absolutePath(cwd, io.home, stem);
    // A folder that cannot be read offers nothing.
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith(".")).map(({ name }) => name);
    return names
      .sort()
      .slice(0, MAX_CHOICES)
      .map((name) => ({ value: `${stem}${name}/` }));
  },
  run: async (chat, argument) => {
    if (argument === "") throw new Failure("bad_input", ExitCode.badInput, "say where: /cd PATH");
    const { home } = chat.io;
    const path = argument === ".." ? dirname(chat.cwd) : absolutePath(chat.cwd, home, argument);
    const info = await stat(path).catch(() => undefined);
    if (info?.isDirectory() !== true) {
      throw new Failure(
        "bad_input",
        ExitCode.badInput,
        `there is no folder ${quoted(argument)}; the chat stays where it is`,
      );
    }
    await chat.setCwd(path);
    chat.note(`working in ${displayPath(chat.cwd, home)}; approvals, tools and configuration are those of this folder`);
  },
};
