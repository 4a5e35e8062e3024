import { describe, expect, it } from "vitest";
import { ProviderError } from "../src/errors.js";
import { nameModels } from "../src/name-models.js";

const UNKNOWN = new ProviderError("model_unavailable", "there is no sonnet", {
  provider: "some",
  status: 404,
  requestId: "r1",
  key: "MODEL",
});
const listOf = (count: number) => () =>
  Promise.resolve(Array.from({ length: count }, (_, index) => ({ id: `m${index}` })));

describe("nameModels", () => {
  it("adds what the service has, and keeps the rest of the error", async () => {
    const named = await nameModels(UNKNOWN, listOf(2), undefined);
    expect(named).toMatchObject({
      code: "model_unavailable",
      status: 404,
      requestId: "r1",
      key: "MODEL",
      provider: "some",
    });
    expect(named.message).toBe("there is no sonnet; it has m0, m1");
  });

  it("does not flood the line", async () => {
    const { message } = await nameModels(UNKNOWN, listOf(500), undefined);
    expect(message).toMatch(/; it has m0, .*, m11 and 488 more$/);
    const evil = () => Promise.resolve([{ id: `a\n\u001b[2J${"x".repeat(500)}` }]);
    expect((await nameModels(UNKNOWN, evil, undefined)).message).toMatch(/; it has a \[2Jx{1,75}$/);
  });

  it.each([
    ["there are none", listOf(0)],
    ["they cannot be listed", () => Promise.reject(new ProviderError("network", "no route"))],
  ])("leaves the error as it is when %s", async (_name, list) => {
    expect(await nameModels(UNKNOWN, list, undefined)).toBe(UNKNOWN);
  });

  it("ends with the signal's reason", async () => {
    const stop = new AbortController();
    const reason = new Error("enough");
    const list = () => {
      stop.abort(reason);
      return Promise.reject(reason);
    };
    await expect(nameModels(UNKNOWN, list, stop.signal)).rejects.toBe(reason);
  });
});
