import { expect, it } from "vitest";
import { readApiKey, readOptionalApiKey } from "../src/api-key.js";

it("is the setting, without white space around it", () => {
  expect(readApiKey({ SOME_KEY: " k-1\n" }, "SOME_KEY", "p")).toBe("k-1");
});

it.each([{}, { SOME_KEY: "" }, { SOME_KEY: "  " }])("%j: missing, by name", (settings) => {
  expect(readOptionalApiKey(settings, "SOME_KEY", "p")).toBeUndefined();
  expect(() => readApiKey(settings, "SOME_KEY", "p")).toThrow(
    expect.objectContaining({ code: "auth_missing", key: "SOME_KEY", message: "p needs a key: SOME_KEY is not set" }),
  );
});

it.each(["two words", "line\nfeed", "schlüssel", "nul\u0000"])("%j is refused without being shown", (value) => {
  for (const read of [readApiKey, readOptionalApiKey]) {
    expect(() => read({ SOME_KEY: value }, "SOME_KEY", "p")).toThrow(
      expect.objectContaining({ code: "configuration", key: "SOME_KEY", message: expect.not.stringContaining(value) }),
    );
  }
});
