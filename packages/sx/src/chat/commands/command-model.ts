import type { Choice, ChatControl, SlashCommand } from "../slash-command.js";

export const model: SlashCommand = {
  name: "model",
  summary: "choose the model",
  argument: "[model]",
  changesState: true,
  complete: (chat) => knownModels(chat),
  run: async (chat, argument) => {
    const choices = argument === "" ? await knownModels(chat) : [];
    if (argument === "" && choices.length === 0) {
      chat.note(`${chat.state.providerName} has no list of models here; give an id: /model ID`);
      return;
    }
    const chosen = argument || (await chat.pick("Model", choices, { current: chat.state.model }));
    if (chosen === undefined) return;
    await chat.setModel(chosen);
    chat.note(`model: ${chat.state.model}`);
  },
};

/** The models that are known without asking anybody. */
async function knownModels(chat: ChatControl): Promise<readonly Choice[]> {
  const { loadModels, serviceNames } = await import("@scorpiox/sxnet");
  const { providerName } = chat.state;
  if (!serviceNames().includes(providerName)) return [];
  const { models, aliases } = await loadModels(providerName);
  const names = Object.entries(aliases).map(([alias, id]) => ({ value: alias, detail: id }));
  return [...names, ...models.map(({ id, note }) => ({ value: id, detail: note }))];
}
