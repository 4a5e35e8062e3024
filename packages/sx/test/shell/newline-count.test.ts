import fc from "fast-check";
import { expect, test } from "vitest";
import { countNewlines } from "../../src/shell/newline-count.js";

test("agrees with a count by hand, at every alignment", () => {
  const bytes = fc.array(fc.oneof(fc.constantFrom(0, 9, 10, 11, 0x8a, 0xff), fc.nat(255)), { maxLength: 70 });
  fc.assert(
    fc.property(bytes, fc.nat(7), (values, offset) => {
      const shifted = new Uint8Array(values.length + offset);
      shifted.set(values, offset);
      expect(countNewlines(shifted.subarray(offset))).toBe(values.filter((value) => value === 10).length);
    }),
    { numRuns: 500 },
  );
});

test("a buffer of nothing but newlines", () => {
  expect(countNewlines(new Uint8Array(100_003).fill(10))).toBe(100_003);
});
