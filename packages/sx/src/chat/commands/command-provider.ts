import type { SlashCommand } from "../slash-command.js";

export const provider: SlashCommand = {
  name: "provider",
  summary: "choose who answers",
  argument: "[name [model]]",
  changesState: true,
  complete: async () => {
    const { providerNames } = await import("@scorpiox/sxnet");
    return providerNames().map((value) => ({ value }));
  },
  run: async (chat, argument) => {
    const { providerNames } = await import("@scorpiox/sxnet");
    const choices = providerNames().map((value) => ({ value }));
    const [name, model] =
      argument === ""
        ? [await chat.pick("Provider", choices, { current: chat.state.providerName })]
        : argument.split(/\s+/);
    if (name === undefined) return;
    await chat.setProvider(name, model);
    chat.note(`provider: ${chat.state.providerName} ${chat.state.model}`);
  },
};
