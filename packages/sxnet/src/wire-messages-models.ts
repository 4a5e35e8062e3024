import { ProviderError } from "./errors.js";
import { EFFORTS } from "./models.js";
import type { ListedModel } from "./provider.js";
import { countOf, type Fields, fieldsOf, listOf, textOf } from "./unknown-value.js";

/**
 * The list of models that a service with the Messages wire format gives at `/v1/models`. Servers that imitate it leave
 * out nearly everything but the ids.
 * Source: Models API reference, types of the official TypeScript client 1.11.0, read 2026-11-21.
 */

/** The address of the list beside that of the messages. */
export function modelsAddress(messagesUrl: string): string {
  return messagesUrl.replace(/\/messages(?:\?.*)?$/, "/models?limit=1000");
}

/** @throws ProviderError `protocol` when there is no list */
export function readModelList(body: unknown, provider: string): readonly ListedModel[] {
  const { data } = fieldsOf(body);
  if (!Array.isArray(data)) {
    throw new ProviderError("protocol", `${provider} answered without a list of models; check the address`, {
      provider,
    });
  }
  return listOf(data).flatMap((entry): readonly ListedModel[] => {
    const fields = fieldsOf(entry);
    const id = textOf(fields["id"]);
    return id === undefined || id === "" ? [] : [{ id, ...told(fields) }];
  });
}

function told(fields: Fields): Partial<ListedModel> {
  const note = textOf(fields["display_name"]);
  const contextTokens = countOf(fields["max_input_tokens"]);
  const maxOutputTokens = countOf(fields["max_tokens"]);
  const capabilities = fieldsOf(fields["capabilities"]);
  const images = fieldsOf(capabilities["image_input"])["supported"];
  const levels = fieldsOf(capabilities["effort"]);
  const efforts = EFFORTS.filter((effort) => fieldsOf(levels[effort])["supported"] === true);
  return {
    ...(note === undefined ? {} : { note }),
    ...(contextTokens === 0 ? {} : { contextTokens }),
    ...(maxOutputTokens === 0 ? {} : { maxOutputTokens }),
    ...(typeof images === "boolean" ? { images } : {}),
    ...(efforts.length === 0 ? {} : { efforts }),
  };
}
