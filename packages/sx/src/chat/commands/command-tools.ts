import { ExitCode, Failure, nearestNames, quoted } from "@scorpiox/sxutil";
import type { ChatControl, Choice, SlashCommand } from "../slash-command.js";

export const tools: SlashCommand = {
  name: "tools",
  summary: "switch tools on and off",
  argument: "[name on|off]",
  changesState: true,
  complete: (chat) =>
    Promise.resolve(chat.tools.map(({ name }) => ({ value: `${name} ${chat.toolsOff.has(name) ? "on" : "off"}` }))),
  run: async (chat, argument) => {
    if (chat.tools.length === 0) {
      chat.note("this session has no tools (TOOLS)");
      return;
    }
    if (argument !== "") {
      const [name = "", word] = argument.split(/\s+/);
      set(chat, name, word);
      return;
    }
    let last: string | undefined;
    for (;;) {
      // The list stays until the person is done with it.
      const name = await chat.pick(
        "Tools, for this session",
        choices(chat),
        last === undefined ? {} : { current: last },
      );
      if (name === undefined) return;
      set(chat, name, undefined);
      last = name;
    }
  },
};

function choices({ tools: all, toolsOff }: ChatControl): readonly Choice[] {
  return all.map(({ name, access }) => {
    const may = { read: "reads", write: "changes files", execute: "runs programs" }[access];
    return {
      value: name,
      label: `${toolsOff.has(name) ? "○" : "●"} ${name}`,
      detail: `${toolsOff.has(name) ? "off" : "on"} · ${may}`,
    };
  });
}

/** Without a word: the other way round. */
function set(chat: ChatControl, name: string, word: string | undefined): void {
  const names = chat.tools.map((tool) => tool.name);
  if (!names.includes(name)) {
    const [near] = nearestNames(name, names);
    const advice = near === undefined ? `there are ${names.join(", ")}` : `did you mean ${near}`;
    throw new Failure("bad_input", ExitCode.badInput, `there is no tool ${quoted(name)}; ${advice}`);
  }
  if (word !== undefined && word !== "on" && word !== "off") {
    throw new Failure("bad_input", ExitCode.badInput, `${quoted(word)} is neither on nor off`);
  }
  const isOn = word === undefined ? chat.toolsOff.has(name) : word === "on";
  chat.switchTool(name, isOn);
  chat.note(`${name}: ${isOn ? "on" : "off"}`);
}
