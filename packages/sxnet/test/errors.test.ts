import { expect, it } from "vitest";
import { ProviderError } from "../src/errors.js";

it.each([[1e300], [8.64e15 + 1], [-1], [Number.NaN]])(
  "takes %d for no moment: it would break whoever shows it",
  (at) => {
    expect(new ProviderError("usage_limit", "used up", { resetsAtMs: at }).resetsAtMs).toBeUndefined();
  },
);

it("keeps a moment", () => {
  expect(new ProviderError("usage_limit", "used up", { resetsAtMs: 8.64e15 }).resetsAtMs).toBe(8.64e15);
});
