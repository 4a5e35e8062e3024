import { ProviderError } from "@scorpiox/sxnet";

/** For tests of what is sent: their made-up answers need not fit the schema of the request. */
export function ignoreMisfit(error: unknown): void {
  if (!ProviderError.is(error) || error.code !== "schema_mismatch") throw error;
}
