import type { Services } from "../services/open-services.js";
import type { ChatControl } from "./slash-command.js";

/** Asks the services that the chat's own configuration reaches, beside the conversation; closes them afterwards. */
export async function withServices<Value>(
  chat: ChatControl,
  work: (services: Services) => Promise<Value>,
): Promise<Value> {
  const { servicesOf } = await import("../services/open-services.js");
  const { configuration, io, secrets } = chat;
  const warn = (line: string): void => chat.note(line, "warning");
  const services = await servicesOf({ configuration, settings: configuration.settings(), io, secrets, warn });
  try {
    return await work(services);
  } finally {
    await services.close();
  }
}
