import fc from "fast-check";
import { expect, it } from "vitest";
import { jsonLine } from "../src/json-line.js";
import { cleanText } from "../src/ui/terminal-text.js";

it("is the same value, on one line that cleaning leaves alone", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
      const line = jsonLine(value);
      expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(cleanText(line)).toBe(line);
      expect(line).not.toContain("\n");
    }),
  );
});
