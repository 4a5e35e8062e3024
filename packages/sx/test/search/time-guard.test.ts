import { expect, it } from "vitest";
import { createTimeGuard, TimeGuardError } from "../../src/search/time-guard.js";

it("gives the result, passes errors on, and ends what would not end", () => {
  const guard = createTimeGuard();
  expect(guard(() => 7, 1000)).toBe(7);
  expect(guard(() => undefined, 1000)).toBeUndefined();
  const error = new Error("mine");
  expect(() =>
    guard(() => {
      throw error;
    }, 1000),
  ).toThrow(error);
  expect(() => guard(() => /(a+)+$/.test(`${"a".repeat(60)}b`), 50)).toThrow(TimeGuardError);
  // It can be used again.
  expect(guard(() => "again", 1000)).toBe("again");
});
