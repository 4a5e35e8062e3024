import { expect, it } from "vitest";
import { withoutVolatile } from "../src/volatile.js";

it.each([
  ["2026-11-20", "<date>"],
  ["at 2026-11-20T10:11:12.345Z!", "at <date>!"],
  ["2026-11-20 10:11:12+01:00", "<date>"],
  ["Friday, November 20, 2026", "<date>"],
  ["Fri Nov 20 2026", "<date>"],
  ["20 November 2026", "<date>"],
  ["id 3f2504e0-4f89-41d3-9a0c-0305e82c3301.", "id <id>."],
  ["version 2026-11, 12 monkeys in May", "version 2026-11, 12 monkeys in May"],
])("%j", (text, expected) => {
  expect(withoutVolatile({ a: [text] })).toEqual({ a: [expected] });
});

it("leaves out what names one run", () => {
  expect(withoutVolatile({ prompt_cache_key: "k", client_metadata: {}, displayName: "d", model: "m" })).toEqual({
    model: "m",
  });
});
